/**
 * POST, then GET: Resurs answers a failed POST of BOOKED or UPDATE with a GET of the same URL at once. If that GET were
 * accepted, the POST would never come again and its body would be lost; so it is put off for as long as this memory
 * lasts, and Resurs' next retry begins with the POST again. In memory only: a restart forgets, and the GET is taken.
 */
import type { Clock } from '../../lib/clock.ts';

/** docs/protocol.md, Limits: counted from the POST. */
const DEFER_MS = 60_000;
const MAX_REMEMBERED = 10_000;
/** The types whose POST carries a body. */
const TYPES_WITH_BODY = new Set(['BOOKED', 'UPDATE']);

export interface GetFallbackGuard {
  /** A POST with a body failed that came at `atMs` (of Clock.elapsed). Other types are not remembered. */
  postFailed(type: string, paymentId: string | null, atMs: number): void;
  /** Whether a request without a body is to be put off. */
  shouldDefer(type: string, paymentId: string | null): boolean;
  /** The callback was taken; nothing is awaited any more. */
  accepted(type: string, paymentId: string | null): void;
}

export function createGetFallbackGuard(clock: Clock): GetFallbackGuard {
  const failedAtMs = new Map<string, number>();
  const keyOf = (type: string, paymentId: string | null) => `${type} ${paymentId ?? ''}`;
  return {
    postFailed(type, paymentId, atMs) {
      if (!TYPES_WITH_BODY.has(type)) return;
      const key = keyOf(type, paymentId);
      failedAtMs.delete(key);
      failedAtMs.set(key, atMs);
      const oldest = failedAtMs.keys().next();
      if (failedAtMs.size > MAX_REMEMBERED && oldest.done !== true) failedAtMs.delete(oldest.value);
    },
    shouldDefer(type, paymentId) {
      const key = keyOf(type, paymentId);
      const atMs = failedAtMs.get(key);
      if (atMs === undefined) return false;
      if (clock.elapsed() - atMs < DEFER_MS) return true;
      failedAtMs.delete(key);
      return false;
    },
    accepted: (type, paymentId) => void failedAtMs.delete(keyOf(type, paymentId)),
  };
}
