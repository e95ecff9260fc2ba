/**
 * A merchant that answers 204 at once, can go away, and keeps of millions of requests only what the verdicts need:
 * which events arrived, and whether the first requests of each payment arrived in the order of sequence.
 */
import { createWebhookServer } from '../../test/harness/webhook-server.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { startMerchantListener } from '../mixed/merchant-listener.ts';

export interface Merchant {
  readonly url: string;
  /** Closes the port and all connections. */
  goAway(): Promise<void>;
  /** Opens the port again. */
  comeBack(): Promise<void>;
  /** Number of events received at least once. */
  eventCount(): number;
  /** Number of requests for an event that was received before. */
  repeatCount(): number;
  hasSeen(sequence: number): boolean;
  /** Describes each event whose first request arrived after that of a later event of its payment. */
  readonly outOfOrder: readonly string[];
  /** When the first request since the last `comeBack` arrived; null before. */
  firstAtMs(): number | null;
  /** When the last new event arrived; null before. */
  lastNewAtMs(): number | null;
}

interface ReceivedEvents {
  readonly seen: Set<number>;
  /** The highest sequence received, by payment. */
  readonly latest: Map<string, number>;
  readonly outOfOrder: string[];
  repeatCount: number;
  firstAtMs: number | null;
  lastNewAtMs: number | null;
}

/** Listens on a free local port. */
export async function startMerchant(cleanup: Cleanup): Promise<Merchant> {
  const events: ReceivedEvents = {
    seen: new Set(),
    latest: new Map(),
    outOfOrder: [],
    repeatCount: 0,
    firstAtMs: null,
    lastNewAtMs: null,
  };
  const server = createWebhookServer((_request, body, response) => {
    recordEvent(events, body);
    response.writeHead(204).end();
  });
  const listener = await startMerchantListener(server, cleanup);
  return {
    url: `http://127.0.0.1:${listener.port}/events`,
    goAway: () => listener.setState('closed'),
    async comeBack() {
      events.firstAtMs = null;
      await listener.setState('open');
    },
    eventCount: () => events.seen.size,
    repeatCount: () => events.repeatCount,
    hasSeen: (sequence) => events.seen.has(sequence),
    outOfOrder: events.outOfOrder,
    firstAtMs: () => events.firstAtMs,
    lastNewAtMs: () => events.lastNewAtMs,
  };
}

interface EventData {
  readonly sequence: number;
  readonly paymentId: string;
}

function recordEvent(events: ReceivedEvents, body: Buffer): void {
  const { sequence, paymentId } = (JSON.parse(body.toString()) as { readonly data: EventData }).data;
  const nowMs = performance.now();
  events.firstAtMs ??= nowMs;
  if (events.seen.has(sequence)) {
    events.repeatCount += 1;
    return;
  }
  events.seen.add(sequence);
  events.lastNewAtMs = nowMs;
  const before = events.latest.get(paymentId) ?? 0;
  if (sequence < before) events.outOfOrder.push(`sequence ${sequence} of ${paymentId} came after ${before}`);
  events.latest.set(paymentId, Math.max(before, sequence));
}
