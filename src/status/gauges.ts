/**
 * Gauges for Prometheus, evaluated on scrape. Those of the database come from one query, cached for a few seconds: a
 * scrape costs the same however long the history is and however often Prometheus scrapes.
 */
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { Databases } from '../db/pools.ts';
import { isReachable } from '../db/probe.ts';
import { type BreakerState, isOpen } from '../deliveries/circuit-breaker.ts';
import type { Clock } from '../lib/clock.ts';
import { cachedFor } from './cached.ts';
import { addGauge, CACHED_MS } from './gauge.ts';
import { addJobGauges } from './job-gauges.ts';
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
  addJobGauges(registry, sources);
  for (const [name, help, read] of OF_PROCESS) {
    addGauge(registry, { name, help }, async () => {
      // Afterwards, because the queries themselves use the pool.
      await Promise.all([figures(), isUp()]);
      return read(sources);
    });
  }
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
    'When the last new event of a callback was stored, unix time; 0 when there was none.',
    (o) => (o.lastCallbackAt?.getTime() ?? 0) / 1000,
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
