/**
 * Sends legitimate traffic during the attack: signed callbacks at a small, steady rate, each on its own connection.
 * Each must be answered 204 in time.
 */
import { hash } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Random } from '../../src/lib/clock.ts';
import { randomInt } from './attacks/generators.ts';
import { type Endpoint, validDigest, validGuardHeaders } from './endpoint.ts';
import type { ExpectedEvent } from './expected-event.ts';
import { openRawConnection } from './raw-connection.ts';
import { head, withBody } from './request.ts';
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
const TYPES = ['BOOKED', 'UPDATE', 'UNFREEZE', 'FINALIZATION', 'ANNULMENT'] as const;

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
  const paymentId = `legitimate-${number}`;
  const type = TYPES[number % TYPES.length] ?? 'BOOKED';
  const digest = validDigest(endpoint, paymentId, { type, t: null });
  const body = number % 2 === 0 ? `{"paymentDiff":{"type":"DEBIT","transactionId":"${number}"}}` : null;
  const method = body === null ? 'GET' : 'POST';
  const target = `/callbacks/resurs?c=${type}&p=${paymentId}${digest === null ? '' : `&d=${digest}`}`;
  const request = { method, target, headers: validGuardHeaders(random, endpoint) };
  const bodyHash = body === null ? null : hash('sha256', body);
  const expectedEvent = {
    paymentId,
    callback: type,
    result: null,
    method,
    parameters: {},
    body: bodyHash,
    registeredAt: null,
  };

  // A started callback is always finished, so the signal does not abort it.
  const connection = await openRawConnection(endpoint.port, new AbortController().signal).catch(() => null);
  if (connection === null) return { expectedEvent, outcome: 'no connection', tookMs: Number.POSITIVE_INFINITY };
  await connection.write(body === null ? head(request) : withBody(request, body));
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
