/**
 * Where payments are read for snapshots: one source for each interface of Resurs, with connections and a pause of its
 * own. So one that fails delays neither the other nor callbacks.
 */
import type { Payment } from '../payments/payment.ts';
import type { ResursFailure } from '../resurs/failure.ts';

/** How one read ended. */
export type Reading =
  | { readonly outcome: 'found'; readonly payment: Payment }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

export interface PaymentSource {
  /** Asks once, within READ_TIMEOUT_MS. Throws only when `signal` fires. */
  read(paymentId: string, signal: AbortSignal): Promise<Reading>;
  /** How long nothing is asked, in milliseconds; 0: it is. */
  pausedMs(): number;
  /** Ends what is in flight. */
  close(): Promise<void>;
}

export const READ_TIMEOUT_MS = 5_000;
/** Resurs is asked for so many payments at a time. */
export const MAX_READS = 8;
/** After so many failures in a row nothing is asked for a while. */
export const FAILURES_IN_ROW = 5;
export const PAUSE_MS = 60_000;
