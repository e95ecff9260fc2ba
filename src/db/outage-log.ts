/**
 * Logs each outage of the database once, and its end: an outage breaks every connection, each reports it twice, and many
 * lines that say the same hide the others.
 */
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import { databaseFix } from './errors.ts';

/** Broken connections that report so soon after the last one belong to the same outage. */
const QUIET_MS = 5_000;

export interface OutageLog {
  /** A connection broke. */
  lost(error: Error): void;
  /** A statement has succeeded. */
  responded(): void;
}

/** Creates the log of the outages of one database. */
export function createOutageLog({ logger, clock }: { readonly logger: Logger; readonly clock: Clock }): OutageLog {
  let outage: { readonly sinceMs: number; lastMs: number; reports: number } | null = null;
  return {
    lost(error) {
      const now = clock.elapsed();
      if (outage !== null) {
        outage.lastMs = now;
        outage.reports += 1;
        return;
      }
      outage = { sinceMs: now, lastMs: now, reports: 1 };
      logger.warn({ event: 'database.connection_lost', reason: errorSummary(error), fix: databaseFix(error) });
    },
    responded() {
      if (outage === null || clock.elapsed() - outage.lastMs < QUIET_MS) return;
      const lastedMs = Math.round(outage.lastMs - outage.sinceMs);
      logger.info({ event: 'database.connection_restored', lastedMs, reports: outage.reports });
      outage = null;
    },
  };
}
