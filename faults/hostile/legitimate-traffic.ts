/**
 * Sends legitimate traffic during the attack: callbacks of both interfaces at a small, steady rate, each on its own
 * connection. Each must be answered 204 in time. Where a payment has to be confirmed, a callback that is answered 503 is
 * sent again, as Resurs does.
 */
import { setTimeout } from 'node:timers/promises';
import type { Random } from '../../src/lib/clock.ts';
import { randomInt } from './attacks/generators.ts';
import type { Endpoint } from './endpoint.ts';
import type { ExpectedEvent } from './expected-event.ts';
import { type LegitimateRequest, legitimateRequest } from './legitimate-callback.ts';
import { hasToken } from './mapi-endpoint.ts';
import { openRawConnection } from './raw-connection.ts';
import { outcomeOf } from './response-reader.ts';

/** One legitimate callback with its outcome. */
export interface LegitimateCallback {
  readonly expectedEvent: ExpectedEvent;
  readonly outcome: string;
  /** From the last byte of the request to the response. */
  readonly tookMs: number;
}

/** Resurs waits 5 s; the receiver promises 4. */
const RESPONSE_TIMEOUT_MS = 10_000;
const PAUSE_MS = [30, 90] as const;
const MAX_TRIES = 6;
const TRY_AGAIN_AFTER_MS = 1_000;

/** Sends until the signal aborts; resolves with everything that was sent. */
export async function sendLegitimate(
  endpoint: Endpoint,
  random: Random,
  signal: AbortSignal,
): Promise<LegitimateCallback[]> {
  const sent: LegitimateCallback[] = [];
  const inFlight: Promise<void>[] = [];
  for (let number = 0; !signal.aborted; number += 1) {
    // A slow callback does not delay the next one.
    inFlight.push(sendOne(endpoint, random, number).then((one) => void sent.push(one)));
    await setTimeout(randomInt(random, ...PAUSE_MS), undefined, { signal }).catch(() => undefined);
  }
  await Promise.all(inFlight);
  return sent;
}

async function sendOne(endpoint: Endpoint, random: Random, number: number): Promise<LegitimateCallback> {
  const request = legitimateRequest(endpoint, random, number);
  const isConfirmed = request.expectedEvent.provider === 'resurs-mapi' && !hasToken(endpoint);
  let sent = await sendOnce(endpoint, request);
  for (let tries = 1; isConfirmed && sent.outcome === 'callback 503' && tries < MAX_TRIES; tries += 1) {
    await setTimeout(TRY_AGAIN_AFTER_MS);
    sent = await sendOnce(endpoint, request);
  }
  return sent;
}

async function sendOnce(endpoint: Endpoint, { text, expectedEvent }: LegitimateRequest): Promise<LegitimateCallback> {
  // A started callback is always finished, so the signal does not abort it.
  const connection = await openRawConnection(endpoint.port, new AbortController().signal).catch(() => null);
  if (connection === null) return { expectedEvent, outcome: 'no connection', tookMs: Number.POSITIVE_INFINITY };
  await connection.write(text);
  const sentAtMs = performance.now();
  const response = await connection.next(RESPONSE_TIMEOUT_MS);
  const tookMs = performance.now() - sentAtMs;
  connection.reset();
  return { expectedEvent, outcome: typeof response === 'string' ? response : outcomeOf(response), tookMs };
}

/** Returns the time within which this share of the callbacks was answered; null when there are none. */
export function quantile(times: readonly number[], share: number): number | null {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}
