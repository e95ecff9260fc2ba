/** Checks every promise of `replicas`. Pure; a verdict names its promise and, when it was broken, each violation. */
import type { Verdict } from '../report.ts';
import type { Evidence } from './evidence.ts';
import { inboundVerdicts } from './verdicts-inbound.ts';
import { outboundVerdicts } from './verdicts-outbound.ts';

/** Returns all verdicts, in the order in which a callback is processed. */
export function verdictsOf(evidence: Evidence): Verdict[] {
  return [
    ...inboundVerdicts(evidence),
    ...outboundVerdicts(evidence),
    { promise: 'no secret of a URL is in a line of the log or in a row', violations: evidence.leaks },
    {
      promise: 'no replica crashed, and each one stopped with exit code 0 on SIGTERM',
      violations: evidence.crashes,
    },
    {
      promise: 'there were kills, stops longer than a claim, and settlements that came too late',
      violations: missingFaults(evidence),
    },
  ];
}

/** A run without faults proves nothing. */
function missingFaults({ processFaults: { kills, stops }, lines }: Evidence): string[] {
  return [
    ...(kills.length > 0 ? [] : ['no replica was killed']),
    ...(stops.some(({ isLong }) => isLong) ? [] : ['no replica was stopped for longer than a claim']),
    ...(lines.some(({ settled }) => settled === 'lost') ? [] : ['no settlement came too late']),
  ];
}
