/**
 * What happened over all replicas, hour by hour or day by day, from rolled-up counts: its cost follows the number of
 * points, whatever the number of events is. Every point of the time span is there, and has the same names.
 */
import type { Database } from '../db/client.ts';
import { type CountSpan, type StepCount, sumCounts } from './count-store.ts';
import { delayAt } from './delay-classes.ts';

export const STEPS_MS = { hour: 3_600_000, day: 86_400_000 } as const;
export type Step = keyof typeof STEPS_MS;

/** How often each happened, by name. */
export type Numbers = Readonly<Record<string, number>>;

export interface StatisticsPoint {
  /** When the step begins. */
  readonly at: Date;
  /** By status of the response. */
  readonly callbacks: Numbers;
  /** By type. */
  readonly events: Numbers;
  readonly deliveries: Readonly<Record<'delivered' | 'retried' | 'dead_letter', number>>;
  /** From receipt to delivery; null when nothing was delivered for the first time. */
  readonly delayMs: { readonly median: number; readonly p95: number } | null;
}

/** Points of one statement: their rows are read and summed without a long pause for callbacks. */
const POINTS_AT_ONCE = 100;

/** Reads the points of the span, oldest first. */
export async function readStatistics(db: Database, span: CountSpan): Promise<StatisticsPoint[]> {
  const rows: StepCount[] = [];
  const partMs = POINTS_AT_ONCE * span.stepMs;
  for (let { fromMs } = span; fromMs < span.toMs; fromMs += partMs) {
    rows.push(...(await sumCounts(db, { ...span, fromMs, toMs: Math.min(fromMs + partMs, span.toMs) })));
  }
  return pointsOf(span, rows);
}

function pointsOf({ fromMs, toMs, stepMs }: CountSpan, rows: readonly StepCount[]): StatisticsPoint[] {
  const byStep = Map.groupBy(rows, ({ atMs }) => atMs);
  const zeros = { callbacks: zerosOf(rows, 'callback'), events: zerosOf(rows, 'event') };
  return Array.from({ length: (toMs - fromMs) / stepMs }, (_, index) => {
    const atMs = fromMs + index * stepMs;
    return pointOf(new Date(atMs), byStep.get(atMs) ?? [], zeros);
  });
}

function pointOf(
  at: Date,
  rows: readonly StepCount[],
  zeros: Pick<StatisticsPoint, 'callbacks' | 'events'>,
): StatisticsPoint {
  const of = (kind: StepCount['kind']) => rows.filter((row) => row.kind === kind);
  const numbers = (kind: StepCount['kind']) => Object.fromEntries(of(kind).map(({ name, count }) => [name, count]));
  const delays = new Map(of('delay').map(({ name, count }) => [name, count]));
  const [median, p95] = [delayAt(0.5, delays), delayAt(0.95, delays)];
  return {
    at,
    callbacks: { ...zeros.callbacks, ...numbers('callback') },
    events: { ...zeros.events, ...numbers('event') },
    deliveries: { delivered: 0, retried: 0, dead_letter: 0, ...numbers('delivery') },
    delayMs: median === null || p95 === null ? null : { median, p95 },
  };
}

/** The names of all points, so that a chart has each of its lines everywhere. */
function zerosOf(rows: readonly StepCount[], kind: StepCount['kind']): Numbers {
  const names = new Set(rows.filter((row) => row.kind === kind).map(({ name }) => name));
  return Object.fromEntries([...names].sort().map((name) => [name, 0]));
}
