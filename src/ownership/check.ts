/**
 * Decides what becomes of a callback by its order: ours, not ours, or not ours but accepted so that Resurs stops calling.
 * With a grace period an order is refused for a while first, so that a callback which arrives before the shop has stored
 * its order is not lost.
 */
import type { Ownership } from './ownership.ts';
import type { Rejection } from './rejections.ts';

export interface OwnershipCheckOptions {
  readonly ownership: Pick<Ownership, 'isOurs'>;
  /** Records a callback whose order is not ours. Returns for how long it has been rejected (ms), or null if unknown. */
  recordRejection(rejection: Rejection, timeoutMs: number): Promise<number | null>;
  /** Whether orders that are not ours are accepted in the end. */
  readonly acceptsRejected: boolean;
  /** How long an order is rejected before it is accepted, in milliseconds. */
  readonly rejectionGraceMs: number;
  /** A clock that never steps, in milliseconds. */
  readonly clock: { elapsed(): number };
}

/** `unknown`: it could not be decided in time; Resurs will retry. `reason` is for the log. */
export type OwnershipResult =
  | { readonly outcome: 'ours' | 'not_ours' | 'not_ours_accepted' }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** Checks one callback's order. Takes no longer than `timeoutMs`; rejects only for unexpected errors. */
export async function checkOwnership(
  { paymentId, callback }: { readonly paymentId: string; readonly callback: string },
  options: OwnershipCheckOptions,
  timeoutMs: number,
): Promise<OwnershipResult> {
  const startedAtMs = options.clock.elapsed();
  const verdict = await options.ownership.isOurs(paymentId, timeoutMs);
  if (verdict === 'ours') return { outcome: 'ours' };
  if (verdict === 'unknown') return { outcome: 'unknown', reason: 'ownership could not be determined' };

  const remainingMs = Math.max(0, Math.floor(timeoutMs - (options.clock.elapsed() - startedAtMs)));
  const rejectedForMs = await options.recordRejection({ paymentId, callback }, remainingMs);
  if (!options.acceptsRejected) return { outcome: 'not_ours' };
  if (options.rejectionGraceMs === 0) return { outcome: 'not_ours_accepted' };
  // Without the time of its first rejection, the order's grace period cannot be measured.
  if (rejectedForMs === null) return { outcome: 'unknown', reason: 'the rejection could not be recorded' };
  return { outcome: rejectedForMs < options.rejectionGraceMs ? 'not_ours' : 'not_ours_accepted' };
}
