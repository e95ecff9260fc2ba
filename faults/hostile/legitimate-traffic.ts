/**
 * Resurs beside the strangers: signed callbacks at a small, steady rate, each on a connection of its own, each to be
 * answered 204 in time whatever else goes on.
 */
import { hash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Random } from '../../src/lib/clock.ts';
import { whole } from './attacks/generators.ts';
import { type Door, rightHeaders, signed } from './endpoint.ts';
import type { Fact } from './expected-event.ts';
import { openWire } from './raw-connection.ts';
import { head, withBody } from './request.ts';
import { outcomeOf } from './response-reader.ts';

/** One honest callback and what became of it. */
export interface HonestCallback {
  readonly fact: Fact;
  readonly outcome: string;
  /** From the last byte of the request to the answer. */
  readonly tookMs: number;
}

/** Resurs waits 5 s; the receiver promises 4. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = [30, 90] as const;
const TYPES = ['BOOKED', 'UPDATE', 'UNFREEZE', 'FINALIZATION', 'ANNULMENT'] as const;

/** Sends until the signal ends it; resolves with everything that was sent. */
export async function sendHonest(door: Door, random: Random, signal: AbortSignal): Promise<HonestCallback[]> {
  const sent: HonestCallback[] = [];
  const underWay: Promise<void>[] = [];
  for (let number = 0; !signal.aborted; number += 1) {
    // One that waits does not hold up the next.
    underWay.push(sendOne(door, random, number).then((one) => void sent.push(one)));
    await setTimeout(whole(random, ...PAUSE_MS), undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(underWay);
  return sent;
}

async function sendOne(door: Door, random: Random, number: number): Promise<HonestCallback> {
  const paymentId = `honest-${number}`;
  const type = TYPES[number % TYPES.length] ?? 'BOOKED';
  const digest = signed(door, paymentId, { type, t: null });
  const body = number % 2 === 0 ? `{"paymentDiff":{"type":"DEBIT","transactionId":"${number}"}}` : null;
  const method = body === null ? 'GET' : 'POST';
  const target = `/callbacks/resurs?c=${type}&p=${paymentId}${digest === null ? '' : `&d=${digest}`}`;
  const request = { method, target, headers: rightHeaders(random, door) };
  const bodyHash = body === null ? null : hash('sha256', body);
  const fact = { paymentId, callback: type, result: null, method, parameters: {}, body: bodyHash, registeredAt: null };

  // What was begun is brought to its end.
  const wire = await openWire(door.port, new AbortController().signal).catch(() => null);
  if (wire === null) return { fact, outcome: 'no connection', tookMs: Number.POSITIVE_INFINITY };
  await wire.write(body === null ? head(request) : withBody(request, body));
  const sentAtMs = performance.now();
  const seen = await wire.next(PATIENCE_MS);
  const tookMs = performance.now() - sentAtMs;
  wire.reset();
  return { fact, outcome: typeof seen === 'string' ? seen : outcomeOf(seen), tookMs };
}

/** The time that this share of the callbacks did not pass; null when there are none. */
export function quantile(times: readonly number[], share: number): number | null {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
