/** Formats the figures of `growth`: one row for each size, and the comparison with the aims. */
import { formatTable } from '../../src/lib/text-table.ts';
import type { Rounds } from '../percentiles.ts';
import { formatRate, formatRatio, ratioVerdict } from '../scenario.ts';

const AIM = 0.95;

export interface AtSize {
  readonly oldEvents: number;
  /** Size of the database minus that of an empty one, divided by events; null when there is no event. */
  readonly bytesPerEvent: number | null;
  readonly readyAfterMs: number;
  /** A second. */
  readonly callbacksIn: Rounds;
  readonly deliveriesOut: Rounds;
  /** Divided by the same without old events, round by round. */
  readonly inRatio: Rounds;
  readonly outRatio: Rounds;
}

export interface GrowthFigures {
  readonly sizes: readonly AtSize[];
}

export function growthLines({ sizes }: GrowthFigures): string[] {
  const rows = sizes.map((size) => [
    String(size.oldEvents),
    formatRate(size.callbacksIn),
    formatRatio(size.inRatio),
    formatRate(size.deliveriesOut),
    formatRatio(size.outRatio),
    `${size.readyAfterMs.toFixed(0)} ms`,
    size.bytesPerEvent === null ? '–' : size.bytesPerEvent.toFixed(0),
  ]);
  return formatTable(['Old events', 'In', '÷ none', 'Out', '÷ none', 'Start', 'Bytes an event'], rows);
}

export function growthVerdicts({ sizes }: GrowthFigures) {
  const [none, largest] = [sizes[0], sizes.at(-1)];
  if (none === undefined || largest === undefined) return [];
  const figure = (way: string) => `${way} with ${largest.oldEvents} old events ÷ none`;
  return [
    ratioVerdict(figure('in'), AIM, { ratio: largest.inRatio, peer: `none ${formatRate(none.callbacksIn)}` }),
    ratioVerdict(figure('out'), AIM, { ratio: largest.outRatio, peer: `none ${formatRate(none.deliveriesOut)}` }),
    {
      figure: 'database bytes an event',
      ours: largest.bytesPerEvent === null ? '–' : largest.bytesPerEvent.toFixed(0),
      peers: '',
      aim: '',
      met: null,
    },
  ];
}
