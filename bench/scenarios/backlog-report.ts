/** Formats the figures of `backlog`, and compares them with the aims. */
import { formatTable } from '../../src/lib/text-table.ts';
import type { Percentiles, Rounds } from '../percentiles.ts';
import { formatMs, formatRate, ratioVerdict } from '../scenario.ts';

const RATIO_AIM = 0.8;
const PROBE_AIM_MS = 50;

export interface BacklogFigures {
  readonly unfinished: number;
  readonly delivered: number;
  /** Divided by the same without a backlog. */
  readonly inRatio: Rounds;
  readonly outRatio: Rounds;
  readonly inWithout: Rounds;
  readonly outWithout: Rounds;
  /** Milliseconds, by the request's name. */
  readonly looks: Readonly<Record<string, Percentiles>>;
}

export function backlogLines({ unfinished, delivered, looks }: BacklogFigures): string[] {
  return formatTable(
    [`With ${unfinished} unfinished, ${delivered} delivered`, 'Median', 'p99', 'Max'],
    Object.entries(looks).map(([name, { median, p99, max }]) => [name, formatMs(median), formatMs(p99), formatMs(max)]),
  );
}

export function backlogVerdicts(figures: BacklogFigures) {
  const { unfinished, inRatio, outRatio, inWithout, outWithout, looks } = figures;
  return [
    ratioVerdict(`in, ${unfinished} unfinished ÷ none`, RATIO_AIM, {
      ratio: inRatio,
      peer: `none ${formatRate(inWithout)}`,
    }),
    ratioVerdict(`out, ${unfinished} unfinished ÷ none`, RATIO_AIM, {
      ratio: outRatio,
      peer: `none ${formatRate(outWithout)}`,
    }),
    ...Object.entries(looks).map(([name, { median }]) => ({
      figure: `${name}, median`,
      ours: formatMs(median),
      peers: '',
      aim: `≤ ${PROBE_AIM_MS} ms`,
      met: median <= PROBE_AIM_MS,
    })),
  ];
}
