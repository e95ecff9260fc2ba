/** What is stored of a payment, for an answer that must not wait for the database. */
import type { Database } from '../db/client.ts';
import { factsUntil } from '../events/order-state.ts';
import { findPayments, type KnownPayment } from '../events/payment-lookup.ts';
import { findLastFact } from '../events/queries.ts';
import { abortable } from '../lib/abortable.ts';
import { errorSummary } from '../lib/errors.ts';

/** How long the database may take. */
const WAIT_MS = 1_000;

export type InTime<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** Finds the payment of this id or order reference; never rejects, and takes one second at most. */
export function findPaymentInTime(db: Database, name: string): Promise<InTime<KnownPayment | null>> {
  return inTime(async (signal) => (await findPayments(db, name, signal))[0] ?? null);
}

/** Reads the facts, the one that was reported last at the end; never rejects, and takes one second at most. */
export function readEarlierFacts(db: Database, paymentId: string): Promise<InTime<readonly string[]>> {
  return inTime(async (signal) => {
    const last = await findLastFact(db, paymentId, signal);
    return last === null ? [] : factsUntil(last);
  });
}

async function inTime<T>(read: (signal: AbortSignal) => Promise<T>): Promise<InTime<T>> {
  const signal = AbortSignal.timeout(WAIT_MS);
  try {
    // The signal of a statement is heeded only once it has a connection.
    return { outcome: 'read', value: await abortable(read(signal), signal) };
  } catch (error) {
    const reason = signal.aborted ? `no answer within ${WAIT_MS} ms` : errorSummary(error);
    return { outcome: 'unknown', reason };
  }
}
