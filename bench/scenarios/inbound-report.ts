/** Formats the figures of `in`, and compares them with the aims. */
import { formatTable } from '../../src/lib/text-table.ts';
import { CONNECTIONS } from '../load.ts';
import { PGBENCH_CLIENTS } from '../peers/pgbench.ts';
import { type Percentiles, type Rounds, summarizeRounds } from '../percentiles.ts';
import { formatMs, formatRate, formatRatio, rateRows, ratioVerdict } from '../scenario.ts';

export const NAMES = { ours: 'receiver', nothing: 'do-nothing', oneByOne: 'one by one', pgbench: 'pgbench' } as const;
const DO_NOTHING_AIM = 0.35;
const HALF_P99_AIM_MS = 20;
const NOT_INSTALLED = 'not installed: pgbench';

/** Callbacks a second of the receiver and of the do-nothing handler, with this many connections. */
export interface AtConnections {
  readonly connections: number;
  readonly ours: Rounds;
  readonly nothing: Rounds;
  readonly ratio: Rounds;
}

export interface InboundFigures {
  /** Callbacks a second, by name. */
  readonly rates: Readonly<Record<string, Rounds>>;
  /** Our rate divided by each other rate, round by round, by the other's name. */
  readonly ratios: Readonly<Record<string, Rounds>>;
  /** With other numbers of connections than CONNECTIONS. */
  readonly atConnections: readonly AtConnections[];
  /** Response time in milliseconds at half of the rate, by round. */
  readonly atHalf: readonly Percentiles[];
  readonly halfRate: number;
  /** Share of one core while our service was measured, by part. */
  readonly cores: Readonly<Record<string, Rounds>>;
}

export function inboundLines({ rates, ratios, atConnections, atHalf, halfRate, cores }: InboundFigures): string[] {
  const shares = Object.entries(cores).map(([part, { median }]) => `${part} ${median.toFixed(2)}`);
  return [
    ...formatTable([`In, ${CONNECTIONS} connections`, 'Callbacks', 'Receiver ÷ this'], rateRows(rates, ratios)),
    '',
    ...formatTable(
      ['With connections', 'Receiver', 'Do-nothing', 'Receiver ÷ this'],
      atConnections.map(({ connections, ours, nothing, ratio }) => [
        String(connections),
        formatRate(ours),
        formatRate(nothing),
        formatRatio(ratio),
      ]),
    ),
    `Cores used while the receiver was measured: ${shares.join(', ')}. pgbench has ${PGBENCH_CLIENTS} clients.`,
    `Answer at ${halfRate}/s: ${atHalf.map(({ median, p99 }) => `${formatMs(median)} / p99 ${formatMs(p99)}`).join(', ')}.`,
  ];
}

export function inboundVerdicts({ rates, ratios, atConnections, atHalf, halfRate }: InboundFigures) {
  const against = (name: string, missing: string) => {
    const [ratio, rate] = [ratios[name], rates[name]];
    return ratio === undefined || rate === undefined ? missing : { ratio, peer: `${name} ${formatRate(rate)}` };
  };
  const ours = rates[NAMES.ours];
  const p99 = summarizeRounds(atHalf.map((one) => one.p99)).median;
  return [
    { figure: 'callbacks in', ours: ours === undefined ? '–' : formatRate(ours), peers: '', aim: '', met: null },
    ratioVerdict('in ÷ do-nothing handler', DO_NOTHING_AIM, against(NAMES.nothing, '–')),
    ...atConnections.map(({ connections, nothing, ratio }) => ({
      figure: `in ÷ do-nothing handler, ${connections} connections`,
      ours: formatRatio(ratio),
      peers: `${NAMES.nothing} ${formatRate(nothing)}`,
      aim: '',
      met: null,
    })),
    ratioVerdict('in ÷ group size of one', 2.2, against(NAMES.oneByOne, '–')),
    ratioVerdict('in ÷ pgbench, same statement', 1, against(NAMES.pgbench, NOT_INSTALLED)),
    {
      figure: `p99 of the answer at half of that, ${halfRate}/s`,
      ours: formatMs(p99),
      peers: '',
      aim: `≤ ${HALF_P99_AIM_MS} ms`,
      met: p99 <= HALF_P99_AIM_MS,
    },
  ];
}
