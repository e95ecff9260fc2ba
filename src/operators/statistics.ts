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

/** Points of one statement: their rows are read and summed without a pause that a callback would notice. */
const POINTS_AT_ONCE = 50;

/** Reads the points of the span, oldest first. */
export async function readStatistics(db: Database, span: CountSpan): Promise<StatisticsPoint[]> {
  const points: StatisticsPoint[] = [];
  const partMs = POINTS_AT_ONCE * span.stepMs;
  for (let { fromMs } = span; fromMs < span.toMs; fromMs += partMs) {
    const part = { ...span, fromMs, toMs: Math.min(fromMs + partMs, span.toMs) };
    points.push(...pointsOf(part, await sumCounts(db, part)));
  }
  return withSameNames(points);
}

function pointsOf({ fromMs, toMs, stepMs }: CountSpan, rows: readonly StepCount[]): StatisticsPoint[] {
  const byStep = Map.groupBy(rows, ({ atMs }) => atMs);
  return Array.from({ length: (toMs - fromMs) / stepMs }, (_, index) => {
    const atMs = fromMs + index * stepMs;
    return pointOf(new Date(atMs), byStep.get(atMs) ?? []);
  });
}

function pointOf(at: Date, rows: readonly StepCount[]): StatisticsPoint {
  const of = (kind: StepCount['kind']) =>
    rows.flatMap((row) => (row.kind === kind ? [[row.name, row.count] as const] : []));
  const delays = new Map(of('delay'));
  const [median, p95] = [delayAt(0.5, delays), delayAt(0.95, delays)];
  return {
    at,
    callbacks: Object.fromEntries(of('callback')),
    events: Object.fromEntries(of('event')),
    deliveries: { delivered: 0, retried: 0, dead_letter: 0, ...Object.fromEntries(of('delivery')) },
    delayMs: median === null || p95 === null ? null : { median, p95 },
  };
}

/** Gives each point the names of all, so that a chart has each of its lines everywhere. */
function withSameNames(points: readonly StatisticsPoint[]): StatisticsPoint[] {
  const zerosOf = (pick: (point: StatisticsPoint) => Numbers): Numbers => {
    const names = new Set(points.flatMap((point) => Object.keys(pick(point))));
    return Object.fromEntries([...names].sort().map((name) => [name, 0]));
  };
  const [callbacks, events] = [zerosOf((point) => point.callbacks), zerosOf((point) => point.events)];
  return points.map((point) => ({
    ...point,
    callbacks: { ...callbacks, ...point.callbacks },
    events: { ...events, ...point.events },
  }));
}
