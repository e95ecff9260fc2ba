/** A mixed run in numbers. Pure. */
import type { MixedEvidence } from './verdicts.ts';

export interface Times {
  readonly kills: { readonly total: number; readonly chosen: number };
  readonly replayed: number;
  /** From the first callback to the last delivery. */
  readonly durationMs: number;
}

export function figuresOf(evidence: MixedEvidence, { kills, replayed, durationMs }: Times): Record<string, number> {
  const { sent, events, attempts, arrivals, lines, happenings } = evidence;
  const tries = sent.flatMap((one) => one.tries);
  const answered = (answer: unknown): number => tries.filter((one) => one.answer === answer).length;
  const ended = (outcome: string): number => attempts.filter((attempt) => attempt.outcome === outcome).length;
  const settled = (how: string): number => lines.filter((line) => line.settled === how).length;
  return {
    events: events.length,
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
    repeatsTheMerchantSaw: arrivals.length - new Set(arrivals.map(({ webhookId }) => webhookId)).size,
    kills: kills.total,
    killsAtAChosenMoment: kills.chosen,
    faultsSurvived: [...happenings.survived.values()].reduce((sum, times) => sum + times, 0),
    faultsSkipped: happenings.skipped.size,
    seconds: Math.round(durationMs / 100) / 10,
  };
}
