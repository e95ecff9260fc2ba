/**
 * Gauges for Prometheus, evaluated on scrape. Those of the database come from one query, cached for a few seconds: a
 * scrape costs the same however long the history is and however often Prometheus scrapes.
 */
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import { type JobName, type JobState, readJobs } from '../db/leader-lock.ts';
import type { Databases } from '../db/pools.ts';
import { isReachable } from '../db/probe.ts';
import { type BreakerState, isOpen } from '../deliveries/circuit-breaker.ts';
import { type HeartbeatFigures, heartbeatFigures } from '../heartbeat/result.ts';
import type { Clock } from '../lib/clock.ts';
import { cachedFor } from './cached.ts';
import { MAX_COUNTED, queryFigures, type StatusFigures } from './overview.ts';

export interface GaugeSources {
  readonly db: Databases;
  readonly clock: Clock;
  /** Null: no webhook is configured. */
  readonly webhookHealth: (() => BreakerState) | null;
  waitingCallbacks(): number;
  droppedLogLines(): number;
  /** Whether Resurs is asked for a heartbeat. */
  readonly hasHeartbeat: boolean;
  readonly version: string;
}

/** Adds the gauges of this service to the registry. */
export function addGauges(registry: Registry, sources: GaugeSources): void {
  const figures = cachedFor(CACHED_MS, sources.clock, () => queryFigures(sources.db.background).catch(() => null));
  const isUp = cachedFor(CACHED_MS, sources.clock, () => isReachable(sources.db.callbacks));
  for (const [name, help, pick] of OF_DATABASE) {
    addGauge(registry, { name, help }, async () => {
      const current = await figures();
      return current === null ? null : pick(current);
    });
  }
  const jobs = cachedFor(CACHED_MS, sources.clock, () => readJobs(sources.db.background).catch(() => null));
  for (const [name, help, pick] of OF_JOBS) {
    addGauge(registry, { name, help }, async () => {
      const current = await jobs();
      return current === null ? null : pick(current);
    });
  }
  for (const [name, help, read] of OF_PROCESS) {
    addGauge(registry, { name, help }, async () => {
      // Afterwards, because the queries themselves use the pool.
      await Promise.all([figures(), isUp(), jobs()]);
      return read(sources);
    });
  }
  if (sources.hasHeartbeat) addHeartbeatGauges(registry, sources);
  const up = { name: 'resurs_database_up', help: '1 when the database responded to the last check.' };
  addGauge(registry, up, async () => Number(await isUp()));
  new Counter({
    name: 'resurs_log_lines_dropped_total',
    help: 'Log lines that were lost because the output failed, or because its reader stalled.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(sources.droppedLogLines());
    },
  });
  new Gauge({
    name: 'resurs_build_info',
    help: 'The version as a label; always 1.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version: sources.version }, 1);
}

const CACHED_MS = 3_000;
const COUNTED = `, ${MAX_COUNTED} where there are more`;
const capped = (count: number) => Math.min(count, MAX_COUNTED);

const OF_DATABASE: readonly (readonly [string, string, (figures: StatusFigures) => number])[] = [
  ['resurs_deliveries_pending', `Deliveries that wait for their next attempt${COUNTED}.`, (o) => capped(o.pending)],
  ['resurs_deliveries_delivering', `Deliveries in flight${COUNTED}.`, (o) => capped(o.delivering)],
  ['resurs_deliveries_dead_letter', `Dead-lettered deliveries${COUNTED}.`, (o) => capped(o.deadLetters)],
  [
    'resurs_oldest_pending_age_seconds',
    'Age of the oldest event that is neither delivered nor dead-lettered; 0 when there is none.',
    (o) => o.oldestPendingAgeSeconds ?? 0,
  ],
  [
    'resurs_last_event_timestamp_seconds',
    'When the last new event was stored, unix time; 0 when there was none.',
    (o) => (o.lastCallbackAt?.getTime() ?? 0) / 1000,
  ],
];

type Jobs = ReadonlyMap<JobName, JobState>;

/** Over all replicas. */
const OF_JOBS: readonly (readonly [string, string, (jobs: Jobs) => number])[] = [
  [
    'resurs_reconciliation_last_run_timestamp_seconds',
    'When the last run of reconciliation ended, unix time; 0 when there was none.',
    (jobs) => (jobs.get('reconciliation')?.finishedAt?.getTime() ?? 0) / 1000,
  ],
  [
    'resurs_reconciliation_failures_in_row',
    'Runs of reconciliation that failed since the last one that did not.',
    (jobs) => jobs.get('reconciliation')?.failedInRow ?? 0,
  ],
];

const OF_PROCESS: readonly (readonly [string, string, (sources: GaugeSources) => number | null])[] = [
  ['resurs_database_connections', 'Connections in the pool.', ({ db }) => db.usage().total],
  ['resurs_database_connections_idle', 'Idle connections in the pool.', ({ db }) => db.usage().idle],
  ['resurs_database_waiting', 'Callers that wait for a connection.', ({ db }) => db.usage().waiting],
  ['resurs_callbacks_waiting', 'Callbacks that wait for a commit.', (sources) => sources.waitingCallbacks()],
  [
    'resurs_webhook_up',
    '1 when the webhook is up, 0 when it counts as down; absent without a webhook.',
    ({ webhookHealth }) => (webhookHealth === null ? null : Number(!isOpen(webhookHealth()))),
  ],
];

const OF_HEARTBEAT: readonly (readonly [string, string, (figures: HeartbeatFigures) => number | null])[] = [
  [
    'resurs_heartbeat_last_arrival_timestamp_seconds',
    'When the last heartbeat arrived, unix time; 0 when none has.',
    ({ lastArrivedAt }) => (lastArrivedAt?.getTime() ?? 0) / 1000,
  ],
  [
    'resurs_heartbeat_round_trip_seconds',
    'From the request to Resurs to the arrival of the last heartbeat; absent when none has arrived.',
    ({ roundTripMs }) => (roundTripMs === null ? null : roundTripMs / 1000),
  ],
  [
    'resurs_heartbeat_failures_in_row',
    'Heartbeats that did not arrive since the last one that did, over all replicas.',
    ({ failedInRow }) => failedInRow,
  ],
];

/** Absent until a run has ended. */
function addHeartbeatGauges(registry: Registry, { db, clock }: GaugeSources): void {
  const figures = cachedFor(CACHED_MS, clock, () =>
    readJobs(db.background)
      .then((jobs) => heartbeatFigures(jobs.get('heartbeat')))
      .catch(() => null),
  );
  for (const [name, help, pick] of OF_HEARTBEAT) {
    addGauge(registry, { name, help }, async () => {
      const current = await figures();
      return current === null ? null : pick(current);
    });
  }
}

/** Adds a gauge. An unknown value (null) is left out, because 0 would mean that all is well. */
function addGauge(
  registry: Registry,
  { name, help }: { name: string; help: string },
  read: () => Promise<number | null>,
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      const value = await read();
      if (value === null) this.remove();
      else this.set(value);
    },
  });
}
