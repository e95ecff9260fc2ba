/** Gauges of what one replica does for all: reconciliation, the heartbeat, and the alerts. */
import { Gauge, type Registry } from '@prometheus-io/client';
import { ALERT_NAMES } from '../alerts/alert.ts';
import { readAlerts } from '../alerts/store.ts';
import { type JobName, type JobState, readJobs } from '../db/leader-lock.ts';
import type { Databases } from '../db/pools.ts';
import { type HeartbeatFigures, heartbeatFigures } from '../heartbeat/result.ts';
import type { Clock } from '../lib/clock.ts';
import { cachedFor } from './cached.ts';
import { addGauge, CACHED_MS } from './gauge.ts';

export interface JobGaugeSources {
  readonly db: Databases;
  readonly clock: Clock;
  /** Whether Resurs is asked for a heartbeat. */
  readonly hasHeartbeat: boolean;
}

/** Adds the gauges to the registry. */
export function addJobGauges(registry: Registry, sources: JobGaugeSources): void {
  const jobs = cachedFor(CACHED_MS, sources.clock, () => readJobs(sources.db.background).catch(() => null));
  for (const [name, help, pick] of OF_RECONCILIATION) {
    addGauge(registry, { name, help }, async () => {
      const current = await jobs();
      return current === null ? null : pick(current);
    });
  }
  for (const [name, help, pick] of sources.hasHeartbeat ? OF_HEARTBEAT : []) {
    addGauge(registry, { name, help }, async () => {
      const figures = heartbeatFigures((await jobs())?.get('heartbeat'));
      // Absent until a run has ended.
      return figures === null ? null : pick(figures);
    });
  }
  addAlertGauge(registry, sources);
}

type Jobs = ReadonlyMap<JobName, JobState>;

/** Over all replicas. */
const OF_RECONCILIATION: readonly (readonly [string, string, (jobs: Jobs) => number])[] = [
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

/** One time series for each alert; none while the database does not tell. */
function addAlertGauge(registry: Registry, { db, clock }: JobGaugeSources): void {
  const alerts = cachedFor(CACHED_MS, clock, () => readAlerts(db.background).catch(() => null));
  new Gauge({
    name: 'resurs_alert',
    help: '1 while the alert fires, 0 while it does not.',
    labelNames: ['name'],
    registers: [registry],
    async collect() {
      const current = await alerts();
      this.reset();
      if (current === null) return;
      for (const name of ALERT_NAMES) this.set({ name }, Number(current.get(name)?.state === 'firing'));
    },
  });
}
