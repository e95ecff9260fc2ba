/** Figures of a mixed run. Pure. */
import type { MixedEvidence } from './verdicts.ts';

export interface Times {
  readonly kills: { readonly total: number; readonly atSyncPoint: number };
  readonly replayed: number;
  /** From the first callback to the last delivery. */
  readonly durationMs: number;
}

/** Counts everything that the report shows. */
export function figuresOf(evidence: MixedEvidence, { kills, replayed, durationMs }: Times): Record<string, number> {
  const { sent, events, attempts, received, lines, faultLog } = evidence;
  const tries = sent.flatMap((one) => one.tries);
  const answered = (response: unknown): number => tries.filter((one) => one.response === response).length;
  const ended = (outcome: string): number => attempts.filter((attempt) => attempt.outcome === outcome).length;
  const settled = (how: string): number => lines.filter((line) => line.settled === how).length;
  return {
    events: events.length,
    eventsOfTheMerchantApi: events.filter(({ provider }) => provider === 'resurs-mapi').length,
    callbacksSent: tries.length,
    callbacksAnswered204: answered(204),
    callbacksAnswered503: answered(503),
    callbacksTimedOut: answered('timed_out'),
    callbacksUnreachable: answered('unreachable'),
    attempts: attempts.length,
    attemptsAccepted: ended('accepted'),
    attemptsRefused: ended('refused'),
    attemptsTimedOut: ended('timed_out'),
    attemptsUnreachable: ended('unreachable'),
    attemptsAbandoned: ended('abandoned'),
    settlementsLost: settled('lost'),
    settlementsNotMade: settled('unsettled'),
    deadLettersReplayed: replayed,
    repeatsTheMerchantSaw: received.length - new Set(received.map(({ webhookId }) => webhookId)).size,
    kills: kills.total,
    killsAtAChosenMoment: kills.atSyncPoint,
    faultsSurvived: [...faultLog.survived.values()].reduce((sum, times) => sum + times, 0),
    faultsSkipped: faultLog.skipped.size,
    seconds: Math.round(durationMs / 100) / 10,
  };
}
