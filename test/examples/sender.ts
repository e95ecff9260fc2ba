/** The service's side towards an example: the secrets, events as the database holds them, and its own code that delivers. */
import type { AttemptResult } from '../../src/deliveries/retry.ts';
import { createWebhookClient } from '../../src/deliveries/webhook.ts';
import type { StoredEvent } from '../../src/events/event.ts';

/** Where a shop takes events. */
type Address = { readonly url: string };

export const CURRENT = secretOf('the current secret of the shop');
export const PREVIOUS = secretOf('the secret that it had before');
export const FOREIGN = secretOf('a secret of somebody else here');

function secretOf(text: string): string {
  return `whsec_${Buffer.from(text).toString('base64')}`;
}

/** An event as the database of the service holds it. */
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
    ...event,
  };
}

export interface Manner {
  readonly secrets?: readonly string[];
  /** How wrong the sender's clock is. */
  readonly clockOffBySeconds?: number;
  readonly attempt?: number;
}

/** One attempt to deliver by the service's own code. */
export async function deliver(shop: Address, event: StoredEvent, manner: Manner = {}): Promise<AttemptResult> {
  const { secrets = [CURRENT], clockOffBySeconds = 0, attempt = 1 } = manner;
  const webhook = createWebhookClient({
    url: shop.url,
    secrets,
    authorization: null,
    caFile: null,
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

/** The shop's answer to one attempt, as the status alone. */
export async function statusOf(shop: Address, event: StoredEvent, manner: Manner = {}): Promise<number | null> {
  return (await deliver(shop, event, manner)).status;
}
