/**
 * Counts in memory what happens in this process, by the hour of its clock. Counting is one addition to a map; what was
 * counted is taken away once a minute, to be added to that of the other replicas (count-writer.ts).
 *
 * Names come from short lists, never from strangers, and an outage of the database of more than MAX_HOURS loses the
 * oldest hours: so the memory is bounded.
 */
import type { HourlyCountsTable } from '../db/background-schema.ts';
import type { SettledDelivery } from '../deliveries/delivery-delay.ts';
import type { Clock } from '../lib/clock.ts';
import { delayClass } from './delay-classes.ts';

export type CountKind = HourlyCountsTable['kind'];

/** How often something happened in an hour, at the time when it was taken. */
export interface Count {
  readonly hourMs: number;
  readonly kind: CountKind;
  readonly name: string;
  readonly count: number;
}

export interface Counts {
  /** Counts a callback by the status of its response. */
  onCallback(status: number): void;
  /** Counts an event that was stored. */
  onEvent(type: string): void;
  /** Counts an attempt by what follows from it. */
  onSettled(settled: SettledDelivery): void;
  /** Returns what was counted, and forgets it. */
  take(): readonly Count[];
}

const HOUR_MS = 3_600_000;
/** How many hours are kept while the database is away. */
const MAX_HOURS = 48;

type HourCounts = Readonly<Record<CountKind, Map<string, number>>>;

const OUTCOMES = { delivered: 'delivered', pending: 'retried', dead_letter: 'dead_letter' } as const;

/** Creates the counts of a process. */
export function createCounts(clock: Pick<Clock, 'now'>): Counts {
  const hours = new Map<number, HourCounts>();
  let hourMs = Number.NaN;
  let current = emptyHour();

  function add(kind: CountKind, name: string): void {
    const nowMs = clock.now();
    if (!(nowMs >= hourMs && nowMs < hourMs + HOUR_MS)) begin(Math.floor(nowMs / HOUR_MS) * HOUR_MS);
    const ofKind = current[kind];
    ofKind.set(name, (ofKind.get(name) ?? 0) + 1);
  }

  function begin(startMs: number): void {
    hourMs = startMs;
    current = hours.get(startMs) ?? emptyHour();
    hours.set(startMs, current);
    const [oldest = startMs] = hours.keys();
    if (hours.size > MAX_HOURS) hours.delete(oldest);
  }

  return {
    onCallback: (status) => add('callback', String(status)),
    onEvent: (type) => add('event', type),
    onSettled({ state, delayMs }) {
      add('delivery', OUTCOMES[state]);
      if (delayMs !== null) add('delay', delayClass(delayMs));
    },
    take() {
      const taken = [...hours].flatMap(([startMs, counts]) => countsOf(startMs, counts));
      hours.clear();
      hourMs = Number.NaN;
      return taken;
    },
  };
}

function emptyHour(): HourCounts {
  return { callback: new Map(), event: new Map(), delivery: new Map(), delay: new Map() };
}

function countsOf(hourMs: number, { callback, event, delivery, delay }: HourCounts): Count[] {
  const of = (kind: CountKind, names: ReadonlyMap<string, number>) =>
    [...names].map(([name, count]) => ({ hourMs, kind, name, count }));
  return [...of('callback', callback), ...of('event', event), ...of('delivery', delivery), ...of('delay', delay)];
}
