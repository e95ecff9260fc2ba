/** Figures of the run. Pure. */
import type { Evidence } from './evidence.ts';

/** Counts everything that the report shows. */
export function figuresOf(
  { callbacks, expected, events, received, runs, kills }: Evidence,
  durationMs: number,
): Record<string, number> {
  const reconciled = events.filter(({ missed }) => missed !== null);
  return {
    payments: new Set(callbacks.map(({ paymentId }) => paymentId)).size,
    callbacks: callbacks.length,
    callbacksLost: callbacks.filter(({ lost }) => lost).length,
    callbacksThatReachedNoReplica: callbacks.filter(({ lost, kept }) => !lost && kept === 0).length,
    paymentsThatShowIt: expected.length,
    factsToFind: expected.reduce((sum, { facts }) => sum + facts.length, 0),
    factsFound: reconciled.reduce((sum, { missed }) => sum + (missed?.facts.length ?? 0), 0),
    eventsOfReconciliation: reconciled.length,
    events: events.length,
    requestsTheMerchantSaw: received.length,
    kills,
    runsOfReconcile: runs.length,
    seconds: Math.round(durationMs / 100) / 10,
  };
}
