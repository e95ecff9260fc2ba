/** Formats the figures of `latency`, and compares them with the aims. */
import { formatTable } from '../../src/lib/text-table.ts';
import type { CpuUse } from '../cpu.ts';
import type { PacedResult } from '../paced-load.ts';
import { type Rounds, summarizeRounds } from '../percentiles.ts';
import { formatMs, latencyVerdict, type Verdict } from '../scenario.ts';
import type { StatementCount } from '../statements.ts';

/** The rate at which statements are counted, and CPU time is compared with its aim. */
export const COUNTED_RATE = 200;
const LATENCY_RATE = 500;
const STATEMENTS_AIM = 2.1;
const CPU_AIM_MS = 2.2;
const LATENCY_AIMS_MS = { median: 8, p99: 30 };
/** Share of the rate at which events reach the merchant; below it, a backlog grows, and latency with it. */
const SUSTAINED_SHARE = 0.95;
/** Statements of less than a hundredth of the events are polls and other chores. */
const LEAST_CALLS_AN_EVENT = 0.01;

export interface RateRound extends PacedResult {
  /** Null where there is no /proc. */
  readonly cpuMsAnEvent: CpuUse | null;
}

/** Medians of the rounds. */
export interface AtRate {
  readonly rate: number;
  readonly isSustained: boolean;
  readonly answer: { readonly median: number; readonly p99: number };
  readonly toMerchant: { readonly median: number; readonly p99: number };
  /** Receiver and Postgres together, what they take when idle included. */
  readonly cpuMsAnEvent: Rounds | null;
  readonly rounds: readonly RateRound[];
}

export interface LatencyFigures {
  readonly atRates: readonly AtRate[];
  readonly statements: StatementCount & { readonly events: number };
  readonly idleCpuMsASecond: CpuUse | null;
}

export function summarizeRate(rate: number, rounds: readonly RateRound[]): AtRate {
  const medianOf = (pick: (round: RateRound) => number) => summarizeRounds(rounds.map(pick)).median;
  const cpu = rounds.map(({ cpuMsAnEvent }) => cpuMsAnEvent).filter((one) => one !== null);
  return {
    rate,
    isSustained: medianOf(({ perSecond }) => perSecond) >= SUSTAINED_SHARE * rate,
    answer: { median: medianOf(({ answer }) => answer.median), p99: medianOf(({ answer }) => answer.p99) },
    toMerchant: {
      median: medianOf(({ toMerchant }) => toMerchant.median),
      p99: medianOf(({ toMerchant }) => toMerchant.p99),
    },
    cpuMsAnEvent: cpu.length === 0 ? null : summarizeRounds(cpu.map(({ receiver, postgres }) => receiver + postgres)),
    rounds,
  };
}

export function latencyLines({ atRates, statements, idleCpuMsASecond }: LatencyFigures): string[] {
  const both = ({ median, p99 }: AtRate['answer']) => `${formatMs(median)} / ${formatMs(p99)}`;
  const calls = Object.entries(statements.calls).map(([text, count]) => [count / statements.events, text] as const);
  const idle = idleCpuMsASecond;
  return [
    ...formatTable(
      ['At', 'Callback → response, median / p99', 'Callback → merchant, median / p99', 'CPU an event', ''],
      atRates.map(({ rate, answer, toMerchant, cpuMsAnEvent, isSustained }) => [
        `${rate}/s`,
        both(answer),
        both(toMerchant),
        cpuMsAnEvent === null ? '–' : formatMs(cpuMsAnEvent.median),
        isSustained ? '' : 'not sustained: a backlog grows',
      ]),
    ),
    ...(idle === null
      ? []
      : [`CPU when idle: receiver ${idle.receiver.toFixed(1)} ms, Postgres ${idle.postgres.toFixed(1)} ms a second.`]),
    `Statements, ${statements.events} events at ${COUNTED_RATE}/s, counted by ${statements.by}: ${statements.total}.`,
    ...calls
      .filter(([anEvent]) => anEvent >= LEAST_CALLS_AN_EVENT)
      .map(([anEvent, text]) => `  ${anEvent.toFixed(2)} an event: ${text}`),
  ];
}

export function latencyVerdicts(figures: LatencyFigures): Verdict[] {
  const { atRates, statements } = figures;
  const fast = atRates.find(({ rate }) => rate === LATENCY_RATE);
  const slow = atRates.find(({ rate }) => rate === COUNTED_RATE);
  const anEvent = statements.total / statements.events;
  return [
    {
      figure: `statements an event, in and out at ${COUNTED_RATE}/s`,
      ours: anEvent.toFixed(2),
      peers: `counted by ${statements.by}`,
      aim: `≤ ${STATEMENTS_AIM}`,
      met: anEvent <= STATEMENTS_AIM,
    },
    ...(slow === undefined ? [] : [cpuVerdict(slow, figures.idleCpuMsASecond)]),
    ...(fast === undefined
      ? []
      : [latencyVerdict(`callback → merchant at ${LATENCY_RATE}/s`, fast.toMerchant, LATENCY_AIMS_MS)]),
  ];
}

function cpuVerdict({ rate, cpuMsAnEvent, rounds }: AtRate, idle: CpuUse | null): Verdict {
  const figure = `receiver + Postgres CPU time an event at ${rate}/s`;
  const aim = `≤ ${CPU_AIM_MS} ms`;
  if (cpuMsAnEvent === null) return { figure, ours: '–', peers: 'no /proc', aim, met: null };
  const { median, min, max } = cpuMsAnEvent;
  const part = (of: keyof CpuUse) => formatMs(summarizeRounds(rounds.map((one) => one.cpuMsAnEvent?.[of] ?? 0)).median);
  const idleMs = idle === null ? 0 : (idle.receiver + idle.postgres) / rate;
  return {
    figure,
    ours: `${formatMs(median)} (${min.toFixed(2)}–${max.toFixed(2)})`,
    peers: `receiver ${part('receiver')}, Postgres ${part('postgres')}; ${formatMs(idleMs)} of it when idle as well`,
    aim,
    met: median <= CPU_AIM_MS,
  };
}
