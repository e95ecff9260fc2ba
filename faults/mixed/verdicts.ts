/**
 * The judgement of `replicas`, on what a run with outages leaves: where Postgres was away, an attempt may have stayed
 * unsettled and be written down as abandoned later. Pure.
 */
import type { Arrival } from '../merchant.ts';
import type { AttemptLine } from '../replica-log.ts';
import type { Evidence } from '../replicas/evidence.ts';
import { judgeWayIn } from '../replicas/verdicts-inbound.ts';
import { judgeWayOut } from '../replicas/verdicts-outbound.ts';
import type { Verdict } from '../report.ts';
import type { SeenArrival } from './faulty-merchant.ts';
import type { Happenings } from './scheduler.ts';

export interface MixedEvidence extends Omit<Evidence, 'arrivals' | 'troubles'> {
  readonly arrivals: readonly SeenArrival[];
  readonly happenings: Happenings;
  /** Names of the faults that were to happen. */
  readonly wanted: readonly string[];
}

export function judgeMixed(evidence: MixedEvidence): Verdict[] {
  const { lines } = evidence;
  const outcomes = new Map(evidence.attempts.map((one) => [nameOf(one.eventId, one.number), one.outcome]));
  const read = asRead(evidence);
  return [
    ...judgeWayIn(read).map(forgiving),
    ...judgeWayOut(read),
    {
      promise: 'an attempt that could not be settled is written down as it went, or as abandoned',
      faults: lines.filter(({ settled }) => settled === 'unsettled').flatMap((line) => wrongUnsettled(line, outcomes)),
    },
    {
      promise: 'no receiver ended by itself, and each stopped with exit code 0 when asked to',
      faults: evidence.crashes,
    },
    { promise: 'each fault happened, and after each of them everything worked again', faults: missing(evidence) },
  ];
}

/** The evidence as `replicas` can judge it. Its fates are fewer, but it only asks whether one is a status, and which. */
export function asRead({ arrivals, lines, ...rest }: MixedEvidence): Evidence {
  return {
    ...rest,
    troubles: { kills: [], stops: [] },
    lines: lines.filter(({ settled }) => settled !== 'unsettled'),
    arrivals: arrivals as Arrival[],
  };
}

/** Whether a slow commit is met at its first try is luck where everything breaks; making sure of it is for `replicas`. */
function forgiving({ promise, faults }: Verdict): Verdict {
  return { promise, faults: faults.filter((fault) => !fault.startsWith('no slow commit was met')) };
}

function wrongUnsettled(line: AttemptLine, outcomes: ReadonlyMap<string, string>): string[] {
  const name = nameOf(line.eventId, line.attempt);
  const kept = outcomes.get(name);
  return kept === line.outcome || kept === 'abandoned' ? [] : [`${name}: ${line.outcome}, kept as ${kept}`];
}

function missing({ happenings, wanted }: MixedEvidence): string[] {
  const { survived, skipped, failures } = happenings;
  const never = wanted.filter((name) => !survived.has(name) && !skipped.has(name));
  return [...failures, ...never.map((name) => `${name} never happened`)];
}

function nameOf(eventId: string, attempt: number): string {
  return `${eventId}, attempt ${attempt}`;
}
