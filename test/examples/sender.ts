/** Delivers events to an example with the service's own code: secrets, stored events, requests. */
import type { AttemptResult } from '../../src/deliveries/retry.ts';
import { createWebhookClient } from '../../src/deliveries/webhook.ts';
import type { StoredEvent } from '../../src/events/event.ts';

/** A shop's webhook endpoint. */
type Address = { readonly url: string };

export const CURRENT = secretOf('the current secret of the shop');
export const PREVIOUS = secretOf('the previous secret of the shop');
export const UNKNOWN = secretOf('a secret of another shop');

function secretOf(text: string): string {
  return `whsec_${Buffer.from(text).toString('base64')}`;
}

/** Makes an event as the service's database stores it. */
export function eventOf(type: string, event: Partial<StoredEvent> = {}): StoredEvent {
  const sequence = event.sequence ?? 1;
  return {
    id: `01a1fbe2-aa83-722d-802d-${String(sequence).padStart(12, '0')}`,
    sequence,
    paymentId: 'p-1',
    callback: 'UNFREEZE',
    type,
    result: null,
    method: 'GET',
    parameters: { 'från "Å"': '\u20ac\u0000' },
    body: null,
    registeredAt: null,
    receivedAt: new Date('2026-11-20T12:00:00Z'),
    verified: { digest: true, result: true, basicAuth: false, source: false },
    order: null,
    ...event,
  };
}

export interface DeliverOptions {
  readonly secrets?: readonly string[];
  /** Error of the sender's clock. */
  readonly clockOffBySeconds?: number;
  readonly attempt?: number;
}

/** Makes one attempt with the service's own code. */
export async function deliver(shop: Address, event: StoredEvent, options: DeliverOptions = {}): Promise<AttemptResult> {
  const { secrets = [CURRENT], clockOffBySeconds = 0, attempt = 1 } = options;
  const webhook = createWebhookClient({
    url: shop.url,
    environment: 'test',
    secrets,
    authorization: null,
    proxies: { HTTP_PROXY: null, HTTPS_PROXY: null, NO_PROXY: [] },
    tls: { caFile: null, certFile: null, keyFile: null },
    timeoutMs: 15_000,
    concurrency: 1,
    userAgent: 'resurs-callback-receiver/test',
    clock: { now: () => Date.now() + clockOffBySeconds * 1000, elapsed: () => performance.now() },
  });
  try {
    return await webhook.send(event, attempt, new AbortController().signal);
  } finally {
    await webhook.close();
  }
}

/** Makes one attempt; resolves with the status of the shop's response. */
export async function statusOf(
  shop: Address,
  event: StoredEvent,
  options: DeliverOptions = {},
): Promise<number | null> {
  return (await deliver(shop, event, options)).status;
}
