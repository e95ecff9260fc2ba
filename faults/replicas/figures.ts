/** The run in numbers. Pure. */
import type { Arrival } from '../merchant.ts';
import type { FaultCount } from '../report.ts';
import { type Evidence, grouped } from './evidence.ts';

export interface Times {
  readonly replicas: number;
  readonly webhookDowns: number;
  /** From the first callback to the last delivery. */
  readonly durationMs: number;
}

export function figuresOf(evidence: Evidence, times: Times): Record<string, number> {
  const { sent, events, attempts, arrivals, lines, troubles } = evidence;
  const tries = sent.flatMap((one) => one.tries);
  const answered = tries.filter(({ answer }) => answer === 204).length;
  const ended = (outcome: string): number => attempts.filter((attempt) => attempt.outcome === outcome).length;
  const seconds = times.durationMs / 1000;
  return {
    replicas: times.replicas,
    payments: new Set(sent.map(({ fact }) => fact.paymentId)).size,
    events: events.length,
    callbacksSent: tries.length,
    callbacksAnswered204: answered,
    callbacksTriedAgain: tries.length - answered,
    slowCommitsMetByTheNext: sent.filter(({ metSlowCommit }) => metSlowCommit).length,
    kills: troubles.kills.length,
    killsBeforeSettlement: troubles.kills.filter(({ atArrival }) => atArrival).length,
    stops: troubles.stops.length,
    stopsLongerThanAClaim: troubles.stops.filter(({ isLong }) => isLong).length,
    attempts: attempts.length,
    attemptsAccepted: ended('accepted'),
    attemptsRefused: ended('refused'),
    attemptsTimedOut: ended('timed_out'),
    attemptsUnreachable: ended('unreachable'),
    attemptsAbandoned: ended('abandoned'),
    settlementsLost: lines.filter(({ settled }) => settled === 'lost').length,
    requestsTheMerchantSaw: arrivals.length,
    repeatsTheMerchantSaw: arrivals.length - new Set(arrivals.map(({ webhookId }) => webhookId)).size,
    repeatsAfterA204: repeatsAfterAcceptance(arrivals),
    timesTheWebhookCountedAsDown: times.webhookDowns,
    seconds: Math.round(seconds * 10) / 10,
    eventsPerSecond: Math.round(events.length / seconds),
  };
}

/** How often each thing was done to the replicas; every promise is judged after all of them. */
export function faultsOf({ troubles: { kills, stops }, sent }: Evidence): FaultCount[] {
  const chosen = kills.filter(({ atArrival }) => atArrival).length;
  const long = stops.filter(({ isLong }) => isLong).length;
  const times = [
    ['kill', kills.length - chosen],
    ['kill-before-settling', chosen],
    ['freeze', stops.length - long],
    ['freeze-beyond-claim', long],
    ['slow-commit', sent.filter(({ fact }) => fact.slowId !== null).length],
  ] as const;
  return times.map(([name, survived]) => ({ name, survived, skipped: null }));
}

/** Requests for what the merchant had already answered 204: what "at least once" costs. */
function repeatsAfterAcceptance(arrivals: readonly Arrival[]): number {
  return [...grouped(arrivals, ({ webhookId }) => webhookId).values()].reduce((sum, list) => {
    const first = list.findIndex(({ fate }) => fate === 204);
    return sum + (first === -1 ? 0 : list.length - 1 - first);
  }, 0);
}
