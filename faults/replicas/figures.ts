/** Figures of the run. Pure. */
import type { ReceivedRequest } from '../received-request.ts';
import type { FaultCount } from '../report.ts';
import type { Evidence } from './evidence.ts';

export interface Times {
  readonly replicas: number;
  readonly webhookDowns: number;
  /** From the first callback to the last delivery. */
  readonly durationMs: number;
}

/** Counts everything that the report shows. */
export function figuresOf(evidence: Evidence, times: Times): Record<string, number> {
  const { sent, events, attempts, received, lines, processFaults } = evidence;
  const tries = sent.flatMap((one) => one.tries);
  const answered = tries.filter(({ response }) => response === 204).length;
  const ended = (outcome: string): number => attempts.filter((attempt) => attempt.outcome === outcome).length;
  const seconds = times.durationMs / 1000;
  return {
    replicas: times.replicas,
    payments: new Set(sent.map(({ callback }) => callback.paymentId)).size,
    events: events.length,
    eventsOfTheMerchantApi: events.filter(({ provider }) => provider === 'resurs-mapi').length,
    callbacksSent: tries.length,
    callbacksAnswered204: answered,
    callbacksTriedAgain: tries.length - answered,
    slowCommitsMetByTheNext: sent.filter(({ metSlowCommit }) => metSlowCommit).length,
    kills: processFaults.kills.length,
    killsBeforeSettlement: processFaults.kills.filter(({ duringRequest }) => duringRequest).length,
    stops: processFaults.stops.length,
    stopsLongerThanAClaim: processFaults.stops.filter(({ isLong }) => isLong).length,
    attempts: attempts.length,
    attemptsAccepted: ended('accepted'),
    attemptsRefused: ended('refused'),
    attemptsTimedOut: ended('timed_out'),
    attemptsUnreachable: ended('unreachable'),
    attemptsAbandoned: ended('abandoned'),
    settlementsLost: lines.filter(({ settled }) => settled === 'lost').length,
    requestsTheMerchantSaw: received.length,
    repeatsTheMerchantSaw: received.length - new Set(received.map(({ webhookId }) => webhookId)).size,
    repeatsAfterA204: repeatsAfterAcceptance(received),
    timesTheWebhookCountedAsDown: times.webhookDowns,
    seconds: Math.round(seconds * 10) / 10,
    eventsPerSecond: Math.round(events.length / seconds),
  };
}

/** Counts how often each fault was injected; every promise is checked after all of them. */
export function faultsOf({ processFaults: { kills, stops }, sent }: Evidence): FaultCount[] {
  const duringRequest = kills.filter(({ duringRequest }) => duringRequest).length;
  const long = stops.filter(({ isLong }) => isLong).length;
  const times = [
    ['kill', kills.length - duringRequest],
    ['kill-before-settling', duringRequest],
    ['freeze', stops.length - long],
    ['freeze-beyond-claim', long],
    ['slow-commit', sent.filter(({ callback }) => callback.slowId !== null).length],
  ] as const;
  return times.map(([name, survived]) => ({ name, survived, skipped: null }));
}

/** Counts requests for events that the merchant had already answered 204: the cost of "at least once". */
function repeatsAfterAcceptance(received: readonly ReceivedRequest[]): number {
  return [...Map.groupBy(received, ({ webhookId }) => webhookId).values()].reduce((sum, list) => {
    const first = list.findIndex(({ responseOutcome }) => responseOutcome === 204);
    return sum + (first === -1 ? 0 : list.length - 1 - first);
  }, 0);
}
