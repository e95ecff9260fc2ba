/**
 * Tells the other replicas that the webhook is down for this one: a row of `webhook_outages`, written once a minute
 * while it is so, and removed when it is up again. Only the replica that looks at the rules reads the rows.
 */
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { type BreakerState, isOpen } from '../deliveries/circuit-breaker.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { printable } from '../lib/printable.ts';

const ROUND_INTERVAL_MS = 5_000;
const REPORT_EVERY_MS = 60_000;
/** Rows of replicas that have ended. */
const PRUNED_AFTER_MS = 180_000;

export interface OutageReportOptions {
  readonly db: Database;
  readonly replica: string;
  readonly clock: Pick<Clock, 'elapsed'>;
  breakerState(): BreakerState;
  readonly logger: Logger;
}

export interface OutageReport {
  start(): void;
  /** Resolves when the running round has ended; the row stays, and is ignored after some minutes. */
  stop(): Promise<void>;
}

/** Creates it; `start` starts its rounds, each of which writes only when there is something new to write. */
export function createOutageReport(options: OutageReportOptions): OutageReport {
  const stopping = new AbortController();
  const report = createReporter(options);
  let running: Promise<void> | null = null;
  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await report(stopping.signal).catch((error) => {
        if (!stopping.signal.aborted)
          options.logger.warn({ event: 'housekeeping.failed', reason: errorSummary(error) });
      });
      await setTimeout(ROUND_INTERVAL_MS, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }
  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Creates what reports once: when the webhook went down, while it is down once a minute, and when it is up. */
export function createReporter({
  db,
  replica,
  clock,
  breakerState,
}: OutageReportOptions): (signal?: AbortSignal) => Promise<void> {
  let reportedAtMs: number | null = null;
  return async (signal) => {
    const state = breakerState();
    const nowMs = clock.elapsed();
    if (!isOpen(state) || state.openSinceMs === null) {
      if (reportedAtMs === null) return;
      await removeOutage(db, replica, signal);
      reportedAtMs = null;
      return;
    }
    if (reportedAtMs !== null && nowMs - reportedAtMs < REPORT_EVERY_MS) return;
    const error = state.lastError === null ? null : printable(state.lastError);
    await writeOutage(db, { replica, downMs: nowMs - state.openSinceMs, error }, signal);
    reportedAtMs = nowMs;
  };
}

interface Outage {
  readonly replica: string;
  readonly downMs: number;
  readonly error: string | null;
}

async function writeOutage(db: Database, { replica, downMs, error }: Outage, signal?: AbortSignal): Promise<void> {
  await db.run(
    sql`
      with gone as (
        delete from webhook_outages
        where replica <> ${replica}::uuid and seen_at < now() - ${sql.lit(PRUNED_AFTER_MS)} * interval '1 ms'
      )
      insert into webhook_outages as o (replica, since, error, seen_at)
      values (${replica}::uuid, now() - ${downMs}::float8 * interval '1 ms', ${error}::text, now())
      on conflict (replica) do update set since = excluded.since, error = excluded.error, seen_at = excluded.seen_at`.compile(
      db.kysely,
    ),
    signal,
  );
}

async function removeOutage(db: Database, replica: string, signal?: AbortSignal): Promise<void> {
  await db.run(sql`delete from webhook_outages where replica = ${replica}::uuid`.compile(db.kysely), signal);
}
