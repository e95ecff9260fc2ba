/** The facts that are stored of a payment, for an answer that must not wait for the database. */
import type { Database } from '../db/client.ts';
import { factsUntil } from '../events/order-state.ts';
import { findLastFact } from '../events/queries.ts';
import { abortable } from '../lib/abortable.ts';
import { errorSummary } from '../lib/errors.ts';

/** How long the database may take. */
const WAIT_MS = 1_000;

export type EarlierFacts =
  | { readonly outcome: 'read'; readonly facts: readonly string[] }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** Reads the facts, the one that was reported last at the end; never rejects, and takes one second at most. */
export async function readEarlierFacts(db: Database, paymentId: string): Promise<EarlierFacts> {
  const signal = AbortSignal.timeout(WAIT_MS);
  try {
    // The signal of a statement is heeded only once it has a connection.
    const last = await abortable(findLastFact(db, paymentId, signal), signal);
    return { outcome: 'read', facts: last === null ? [] : factsUntil(last) };
  } catch (error) {
    const reason = signal.aborted ? `no answer within ${WAIT_MS} ms` : errorSummary(error);
    return { outcome: 'unknown', reason };
  }
}
