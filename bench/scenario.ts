/** One part of the benchmark: what it measures, how that is shown, and which aims it is held against. */
import type { Settings } from './arguments.ts';
import type { Rounds } from './percentiles.ts';

/** A line of the last table. `met` is null where there is no aim, or nothing to compare with. */
export interface Verdict {
  readonly figure: string;
  readonly ours: string;
  readonly peers: string;
  readonly aim: string;
  readonly met: boolean | null;
}

export interface Run {
  readonly settings: Settings;
  /** Tells who waits how far it is. */
  report(line: string): void;
}

export interface Scenario<Figures> {
  readonly name: string;
  /** What is going on, for who waits. */
  readonly summary: string;
  measure(run: Run): Promise<Figures>;
  /** Tables and sentences for people. */
  lines(figures: Figures): string[];
  verdicts(figures: Figures): Verdict[];
}

/** What a scenario came to; `figures` is for the JSON document. */
export interface Outcome {
  readonly figures: unknown;
  readonly lines: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** A scenario whose figures only it knows. */
export interface AnyScenario {
  readonly name: string;
  readonly summary: string;
  run(run: Run): Promise<Outcome>;
}

export function anyScenario<Figures>({ name, summary, measure, lines, verdicts }: Scenario<Figures>): AnyScenario {
  return {
    name,
    summary,
    async run(run) {
      const figures = await measure(run);
      return { figures, lines: lines(figures), verdicts: verdicts(figures) };
    },
  };
}

/** `1.05 (0.98–1.12)`: the median and the outermost rounds. */
export function ratioText({ median, min, max }: Rounds): string {
  return `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
}

/** `8100/s (7900–8300)`. */
export function rateText({ median, min, max }: Rounds): string {
  return `${median.toFixed(0)}/s (${min.toFixed(0)}–${max.toFixed(0)})`;
}

/** Rows of a table: who, how fast, and the ratio to ours where there is one. */
export function rateRows(
  rates: Readonly<Record<string, Rounds>>,
  ratios: Readonly<Record<string, Rounds>>,
): (readonly string[])[] {
  return Object.entries(rates).map(([name, rate]) => {
    const ratio = ratios[name];
    return [name, rateText(rate), ratio === undefined ? '' : ratioText(ratio)];
  });
}

export function msText(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 2 : 0)} ms`;
}

/** A ratio held against the least it may be; without a peer there is nothing to hold it against. */
export function ratioVerdict(
  figure: string,
  least: number,
  compared: { ratio: Rounds; peer: string } | string,
): Verdict {
  const aim = `≥ ${least.toFixed(1)}`;
  if (typeof compared === 'string') return { figure, ours: '–', peers: compared, aim, met: null };
  const { ratio, peer } = compared;
  return { figure, ours: ratioText(ratio), peers: peer, aim, met: ratio.median >= least };
}
