/**
 * Checks the promises of `replicas` on a run with outages: where Postgres was unavailable, an attempt may have stayed
 * unsettled and be recorded as abandoned later. Pure.
 */
import type { ReceivedRequest } from '../received-request.ts';
import type { AttemptLine } from '../replica-log.ts';
import type { Evidence } from '../replicas/evidence.ts';
import { inboundVerdicts, NO_SLOW_COMMIT } from '../replicas/verdicts-inbound.ts';
import { outboundVerdicts } from '../replicas/verdicts-outbound.ts';
import type { Verdict } from '../report.ts';
import type { FaultyMerchantRequest } from './faulty-merchant.ts';
import type { FaultLog } from './scheduler.ts';

export interface MixedEvidence extends Omit<Evidence, 'received' | 'processFaults'> {
  readonly received: readonly FaultyMerchantRequest[];
  readonly faultLog: FaultLog;
  /** Names of the requested faults. */
  readonly requested: readonly string[];
}

/** Returns all verdicts of `mixed`. */
export function mixedVerdicts(evidence: MixedEvidence): Verdict[] {
  const { lines } = evidence;
  const outcomes = new Map(evidence.attempts.map((one) => [nameOf(one.eventId, one.number), one.outcome]));
  const replicasEvidence = toReplicasEvidence(evidence);
  return [
    ...inboundVerdicts(replicasEvidence).map(allowMissingSlowCommit),
    ...outboundVerdicts(replicasEvidence),
    {
      promise: 'an attempt that could not be settled is recorded with its outcome, or as abandoned',
      violations: lines
        .filter(({ settled }) => settled === 'unsettled')
        .flatMap((line) => wrongUnsettled(line, outcomes)),
    },
    { promise: 'no secret of a URL is in a line of the log or in a row', violations: evidence.leaks },
    {
      promise: 'no receiver crashed, and each one stopped with exit code 0 on SIGTERM',
      violations: evidence.crashes,
    },
    {
      promise: 'each fault was injected, and after each of them everything worked again',
      violations: missing(evidence),
    },
  ];
}

/**
 * Converts the evidence for the verdicts of `replicas`, which only need to know whether a response has a status, and
 * which.
 */
export function toReplicasEvidence({ received, lines, ...rest }: MixedEvidence): Evidence {
  return {
    ...rest,
    processFaults: { kills: [], stops: [] },
    lines: lines.filter(({ settled }) => settled !== 'unsettled'),
    received: received as ReceivedRequest[],
  };
}

/** A slow commit may be missed while everything breaks; `replicas` makes sure of it. */
function allowMissingSlowCommit({ promise, violations }: Verdict): Verdict {
  return { promise, violations: violations.filter((violation) => violation !== NO_SLOW_COMMIT) };
}

function wrongUnsettled(line: AttemptLine, outcomes: ReadonlyMap<string, string>): string[] {
  const name = nameOf(line.eventId, line.attempt);
  const stored = outcomes.get(name);
  return stored === line.outcome || stored === 'abandoned' ? [] : [`${name}: ${line.outcome}, stored as ${stored}`];
}

function missing({ faultLog, requested }: MixedEvidence): string[] {
  const { survived, skipped, failures } = faultLog;
  const never = requested.filter((name) => !survived.has(name) && !skipped.has(name));
  return [...failures, ...never.map((name) => `${name} was never injected`)];
}

function nameOf(eventId: string, attempt: number): string {
  return `${eventId}, attempt ${attempt}`;
}
