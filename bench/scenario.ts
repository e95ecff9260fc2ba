/** Defines a scenario of the benchmark: its measurement, its tables, and its figures compared with their aims. */
import type { BenchSettings } from './arguments.ts';
import type { Percentiles, Rounds } from './percentiles.ts';
import type { Progress } from './progress.ts';

/** A row of the last table. `met` is null where there is no aim, or no peer to compare with. */
export interface Verdict {
  readonly figure: string;
  readonly ours: string;
  readonly peers: string;
  readonly aim: string;
  readonly met: boolean | null;
}

export interface Run extends Progress {
  readonly settings: BenchSettings;
}

export interface Scenario<Figures> {
  readonly name: string;
  /** Shown when the scenario starts. */
  readonly summary: string;
  measure(run: Run): Promise<Figures>;
  /** Formats tables and sentences for people. */
  lines(figures: Figures): string[];
  verdicts(figures: Figures): Verdict[];
  /** Draws the figures as an SVG document. */
  picture?(figures: Figures): string;
}

/** The outcome of a scenario. `figures` goes into the JSON document. */
export interface Outcome {
  readonly figures: unknown;
  readonly lines: readonly string[];
  readonly verdicts: readonly Verdict[];
  /** Null where the scenario has none. */
  readonly picture: string | null;
}

/** A scenario without the type of its figures, so that scenarios fit into one list. */
export interface RunnableScenario {
  readonly name: string;
  readonly summary: string;
  run(run: Run): Promise<Outcome>;
}

/** Binds the figures of a scenario to its own `lines` and `verdicts`. */
export function eraseScenarioType<Figures>({
  name,
  summary,
  measure,
  lines,
  verdicts,
  picture,
}: Scenario<Figures>): RunnableScenario {
  return {
    name,
    summary,
    async run(run) {
      const figures = await measure(run);
      return { figures, lines: lines(figures), verdicts: verdicts(figures), picture: picture?.(figures) ?? null };
    },
  };
}

/** Formats `1.05 (0.98–1.12)`: the median, and the smallest and largest round. */
export function formatRatio({ median, min, max }: Rounds): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

/** Formats `8100/s (7900–8300)`. */
export function formatRate({ median, min, max }: Rounds): string {
  return `${median.toFixed(0)}/s (${min.toFixed(0)}–${max.toFixed(0)})`;
}

/** Returns rows of a table: the name, its rate, and the ratio to ours where there is one. */
export function rateRows(
  rates: Readonly<Record<string, Rounds>>,
  ratios: Readonly<Record<string, Rounds>>,
): (readonly string[])[] {
  return Object.entries(rates).map(([name, rate]) => {
    const ratio = ratios[name];
    return [name, formatRate(rate), ratio === undefined ? '' : formatRatio(ratio)];
  });
}

/** Formats milliseconds, with two decimals below 100. */
export function formatMs(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 2 : 0)} ms`;
}

/** Compares median and p99 in milliseconds with the most that each may be. */
export function latencyVerdict(
  figure: string,
  { median, p99 }: Pick<Percentiles, 'median' | 'p99'>,
  most: { readonly median: number; readonly p99: number },
): Verdict {
  return {
    figure: `${figure}, median / p99`,
    ours: `${formatMs(median)} / ${formatMs(p99)}`,
    peers: '',
    aim: `≤ ${most.median} / ≤ ${most.p99} ms`,
    met: median <= most.median && p99 <= most.p99,
  };
}

/** Compares a ratio with the least it may be. `compared` as a string: why there is no peer. */
export function ratioVerdict(
  figure: string,
  least: number,
  compared: { ratio: Rounds; peer: string } | string,
): Verdict {
  const aim = `≥ ${Number.isInteger(least) ? least.toFixed(1) : least}`;
  if (typeof compared === 'string') return { figure, ours: '–', peers: compared, aim, met: null };
  const { ratio, peer } = compared;
  return { figure, ours: formatRatio(ratio), peers: peer, aim, met: ratio.median >= least };
}
