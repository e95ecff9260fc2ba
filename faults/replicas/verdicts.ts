/** Whether all of it is as promised. Pure; every verdict names its promise and, when it is broken, what was different. */
import type { Verdict } from '../report.ts';
import type { Evidence } from './evidence.ts';
import { judgeWayIn } from './verdicts-inbound.ts';
import { judgeWayOut } from './verdicts-outbound.ts';

/** All verdicts, in the order of a callback's way. */
export function judge(evidence: Evidence): Verdict[] {
  return [
    ...judgeWayIn(evidence),
    ...judgeWayOut(evidence),
    {
      promise: 'no replica ended by itself, and each stopped with exit code 0 when asked to',
      faults: evidence.crashes,
    },
    {
      promise: 'there were kills, stops longer than a claim lasts, and settlements that came too late',
      faults: missingTroubles(evidence),
    },
  ];
}

/** A run without trouble proves nothing. */
function missingTroubles({ troubles: { kills, stops }, lines }: Evidence): string[] {
  return [
    ...(kills.length > 0 ? [] : ['no replica was killed']),
    ...(stops.some(({ isLong }) => isLong) ? [] : ['no replica was stopped for longer than a claim lasts']),
    ...(lines.some(({ settled }) => settled === 'lost') ? [] : ['no settlement came too late']),
  ];
}
