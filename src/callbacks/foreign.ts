/**
 * Check 6: is the order ours? One that is not gets 410, or 202 where the operator wants Resurs to stop; with a grace, 410
 * for a while first, so that a callback which came before the shop stored its order is not lost.
 */
import type { Callback } from './callback.ts';
import type { Ownership } from './ownership.ts';
import type { Rejection } from './rejections.ts';
import { answered, type Taken } from './taken.ts';

export interface ForeignOptions {
  readonly ownership: Pick<Ownership, 'isOurs'>;
  /** Notes a callback of an order that is not ours; for how long it has been refused (ms), or null if that is unknown. */
  noteRejection(rejection: Rejection, patienceMs: number): Promise<number | null>;
  readonly acceptsForeignOrders: boolean;
  /** For how long an order is refused before it is accepted as foreign. */
  readonly rejectionGraceMs: number;
  /** A clock that never steps, in milliseconds. */
  readonly clock: { elapsed(): number };
}

/** The answer to a callback whose order is not ours, or null for one that is. Takes no longer than `patienceMs`. */
export async function refuseForeign(
  callback: Callback,
  options: ForeignOptions,
  patienceMs: number,
): Promise<Taken | null> {
  const { paymentId, type } = callback;
  if (paymentId === null) return null;
  const beganAtMs = options.clock.elapsed();
  const answer = await options.ownership.isOurs(paymentId, patienceMs);
  if (answer === 'ours') return null;
  if (answer === 'unknown') return answered('try_again', callback, 'nobody could tell whose order it is');

  const leftMs = Math.max(0, Math.floor(patienceMs - (options.clock.elapsed() - beganAtMs)));
  const refusedForMs = await options.noteRejection({ paymentId, callback: type }, leftMs);
  if (!options.acceptsForeignOrders) return answered('not_ours', callback);
  if (options.rejectionGraceMs === 0) return answered('not_ours_accepted', callback);
  // Without its first time nobody can say whether the order is still in its grace.
  if (refusedForMs === null) return answered('try_again', callback, 'the rejection could not be noted');
  return answered(refusedForMs < options.rejectionGraceMs ? 'not_ours' : 'not_ours_accepted', callback);
}
