/** Delivers events to an example with the service's own code: secrets, stored events, requests. */
import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { signatureHeader, signingKey } from '../../src/deliveries/signature.ts';
import { createWebhookClient } from '../../src/deliveries/webhook.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { viewAfter } from '../../src/events/order-state.ts';
import { publicId } from '../../src/events/public-id.ts';
import type { LifeCallback } from '../../src/simulator/life-callback.ts';
import { FACTS } from '../../src/simulator/lives.ts';
import { sampleEvents } from '../../src/simulator/sample-events.ts';

/** A shop's webhook endpoint. */
type Address = { readonly url: string };

export const CURRENT = secretOf('the current secret of the shop');
export const PREVIOUS = secretOf('the previous secret of the shop');
export const UNKNOWN = secretOf('a secret of another shop');

function secretOf(text: string): string {
  return `whsec_${Buffer.from(text).toString('base64')}`;
}

/** Makes an event as the service's database stores it: the first of its payment, unless `order` says more. */
export function eventOf(type: string, event: Partial<StoredEvent> = {}): StoredEvent {
  const sequence = event.sequence ?? 1;
  const stored = {
    id: `01a1fbe2-aa83-722d-802d-${String(sequence).padStart(12, '0')}`,
    sequence,
    provider: 'resurs-ecom',
    paymentId: 'p-1',
    orderReference: 'p-1',
    snapshot: null,
    missed: null,
    erasedAt: null,
    callback: 'UNFREEZE',
    type,
    result: null,
    method: 'GET',
    parameters: { 'från "Å"': '\u20ac\u0000' },
    body: null,
    registeredAt: null,
    receivedAt: new Date('2026-11-20T12:00:00Z'),
    verified: { digest: true, result: true, basicAuth: false, source: false },
    ...event,
  } as const;
  return { order: viewAfter(null, stored), ...stored };
}

export type FactName = keyof typeof FACTS;

/** Makes the events of a payment to which these callbacks come, in this order. */
export function eventsOf(
  callbacks: readonly (FactName | LifeCallback)[],
  { paymentId = 'p-1', firstSequence = 1 } = {},
): readonly StoredEvent[] {
  return sampleEvents(
    callbacks.map((callback) => (typeof callback === 'string' ? FACTS[callback] : callback)),
    { paymentId, firstSequence, now: new Date('2026-11-20T12:00:00Z'), newId: () => randomUUIDv7() },
  );
}

/** Signs a request as the service does, for bodies that its own code never sends; returns the headers. */
export function sign(body: Buffer, { id = publicId(eventOf('').id), secret = CURRENT } = {}): Record<string, string> {
  const message = { id, timestamp: Math.floor(Date.now() / 1000), body };
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signatureHeader([signingKey(secret)], message),
  };
}

export interface DeliverOptions {
  readonly secrets?: readonly string[];
  /** Error of the sender's clock. */
  readonly clockOffBySeconds?: number;
  readonly attempt?: number;
}

/** Makes one attempt with the service's own code; resolves with the status of the shop's response. */
export async function statusOf(
  shop: Address,
  event: StoredEvent,
  options: DeliverOptions = {},
): Promise<number | null> {
  const sender = openSender(shop, options);
  try {
    return await sender.statusOf(event);
  } finally {
    await sender.close();
  }
}

/** Delivers each event, one after the other. */
export async function deliver(shop: Address, events: readonly StoredEvent[]): Promise<void> {
  await deliverAll(shop, [events]);
}

/** Delivers the events of many payments: those of one list after each other, eight lists at a time. */
export async function deliverAll(shop: Address, lists: readonly (readonly StoredEvent[])[]): Promise<void> {
  const sender = openSender(shop);
  const waiting = lists.values();
  const work = async () => {
    for (const events of waiting) {
      for (const event of events) assert.equal(await sender.statusOf(event), 204, event.type);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work)).finally(sender.close);
}

const CONCURRENCY = 8;

function openSender(shop: Address, options: DeliverOptions = {}) {
  const { secrets = [CURRENT], clockOffBySeconds = 0, attempt = 1 } = options;
  const webhook = createWebhookClient({
    url: shop.url,
    environment: 'test',
    secrets,
    authorization: null,
    proxies: { HTTP_PROXY: null, HTTPS_PROXY: null, NO_PROXY: [] },
    tls: { caFile: null, certFile: null, keyFile: null },
    timeoutMs: 30_000,
    concurrency: CONCURRENCY,
    userAgent: 'resurs-callback-receiver/test',
    clock: { now: () => Date.now() + clockOffBySeconds * 1000, elapsed: () => performance.now() },
  });
  return {
    statusOf: async (event: StoredEvent) => (await webhook.send(event, attempt, new AbortController().signal)).status,
    close: () => webhook.close(),
  };
}
