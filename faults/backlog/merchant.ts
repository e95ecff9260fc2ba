/**
 * A merchant who answers 204 at once, is away as long as a fault wants, and remembers of millions of requests only what is
 * judged: which events came, and whether each payment's came first in the order of their sequence.
 */
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { CleanUps } from '../lib/cleanup.ts';
import { startDoor } from '../mixed/merchant-listener.ts';

export interface Merchant {
  readonly url: string;
  /** Its port is closed from then on; what is connected is cut. */
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  /** Events that came at least once. */
  distinct(): number;
  /** Requests for an event that had come before. */
  repeats(): number;
  hasSeen(sequence: number): boolean;
  /** First arrivals behind a later one of their payment, in words. */
  readonly outOfOrder: readonly string[];
  /** When the first request came since it came back last, and the last new event; null before. */
  firstAtMs(): number | null;
  lastNewAtMs(): number | null;
}

interface Memory {
  readonly seen: Set<number>;
  /** The highest sequence that came, by payment. */
  readonly latest: Map<string, number>;
  readonly outOfOrder: string[];
  repeats: number;
  firstAtMs: number | null;
  lastNewAtMs: number | null;
}

/** Listens on a free port of this machine. */
export async function startMerchant(cleanUps: CleanUps): Promise<Merchant> {
  const memory: Memory = {
    seen: new Set(),
    latest: new Map(),
    outOfOrder: [],
    repeats: 0,
    firstAtMs: null,
    lastNewAtMs: null,
  };
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => null);
    if (body === null) return;
    response.on('error', () => undefined);
    remember(memory, body);
    response.writeHead(204).end();
  });
  const door = await startDoor(server, cleanUps);
  return {
    url: `http://127.0.0.1:${door.port}/events`,
    leave: () => door.be('closed'),
    async comeBack() {
      memory.firstAtMs = null;
      await door.be('open');
    },
    distinct: () => memory.seen.size,
    repeats: () => memory.repeats,
    hasSeen: (sequence) => memory.seen.has(sequence),
    outOfOrder: memory.outOfOrder,
    firstAtMs: () => memory.firstAtMs,
    lastNewAtMs: () => memory.lastNewAtMs,
  };
}

interface EventData {
  readonly sequence: number;
  readonly paymentId: string;
}

function remember(memory: Memory, body: Buffer): void {
  const { sequence, paymentId } = (JSON.parse(body.toString()) as { readonly data: EventData }).data;
  const nowMs = performance.now();
  memory.firstAtMs ??= nowMs;
  if (memory.seen.has(sequence)) {
    memory.repeats += 1;
    return;
  }
  memory.seen.add(sequence);
  memory.lastNewAtMs = nowMs;
  const before = memory.latest.get(paymentId) ?? 0;
  if (sequence < before) memory.outOfOrder.push(`sequence ${sequence} of ${paymentId} came after ${before}`);
  memory.latest.set(paymentId, Math.max(before, sequence));
}
