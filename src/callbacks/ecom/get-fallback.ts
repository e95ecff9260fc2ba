/**
 * Defers the GET that follows a failed POST. Resurs repeats a failed POST of BOOKED or UPDATE as a GET of the same URL
 * at once. If that GET were accepted, the POST would never be retried and its body would be lost. So the GET is
 * deferred for 60 s, and Resurs' next retry begins with the POST again. In memory only: after a restart the GET is
 * accepted.
 */
import type { Clock } from '../../lib/clock.ts';

/** Counted from the POST. Source: docs/protocol.md, Limits. */
const DEFER_MS = 60_000;
const MAX_ENTRIES = 10_000;
/** The types whose POST carries a body. */
const TYPES_WITH_BODY = new Set(['BOOKED', 'UPDATE']);

export interface GetFallbackGuard {
  /** Records that a POST with a body failed; `atMs` is its arrival by Clock.elapsed. Ignores types without a body. */
  postFailed(type: string, paymentId: string | null, atMs: number): void;
  /** Whether a request without a body has to be deferred. */
  shouldDefer(type: string, paymentId: string | null): boolean;
  /** Records that the callback was accepted, which ends the deferral. */
  accepted(type: string, paymentId: string | null): void;
}

/** Creates a guard that remembers up to 10 000 failed POSTs, the newest ones. */
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
      if (failedAtMs.size > MAX_ENTRIES && oldest.done !== true) failedAtMs.delete(oldest.value);
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
