/**
 * The dead man's switch: fetches ALERT_PING_URL while the rules are looked at and nothing critical fires. When the
 * fetches end, the service behind the URL raises the alarm, whatever has happened to this one.
 */
import { request } from 'undici';
import type { Database } from '../db/client.ts';
import { type JobOutcome, readJobs } from '../db/leader-lock.ts';
import { abortable } from '../lib/abortable.ts';
import { errorSummary } from '../lib/errors.ts';
import { createOutbound } from '../outbound/outbound.ts';
import type { ProxySettings } from '../outbound/proxies.ts';
import { databaseTime } from './database-time.ts';
import { readAlerts } from './store.ts';

const TIMEOUT_MS = 10_000;
const LOOK_AGE_MS = 300_000;
const MAX_DRAIN_BYTES = 1_024;

export interface PingOptions {
  readonly db: Database;
  readonly url: string;
  readonly proxies: ProxySettings;
  /** Missing: the time of the database. */
  now?(): Date;
}

export interface Ping {
  /** Fetches the URL once, if all is well. */
  run(signal: AbortSignal): Promise<JobOutcome>;
  close(): Promise<void>;
}

/** Creates it; opens no connection yet. */
export function createPing({ db, url, proxies, ...options }: PingOptions): Ping {
  const outbound = createOutbound({ proxies, connections: 1, connectTimeoutMs: TIMEOUT_MS });
  return {
    async run(signal) {
      const reason = await whyNot(db, options.now?.() ?? (await databaseTime(db, signal)));
      if (reason !== null) return { outcome: 'succeeded', result: { pinged: false, reason } };
      const ended = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      try {
        const fetched = request(url, { dispatcher: outbound.dispatcher, signal: ended });
        const { statusCode, body } = await abortable(fetched, ended);
        body.dump({ limit: MAX_DRAIN_BYTES }).catch(() => undefined);
        if (statusCode >= 200 && statusCode < 300) return { outcome: 'succeeded', result: { pinged: true } };
        return { outcome: 'failed', error: `ALERT_PING_URL answered ${statusCode}`, result: null };
      } catch (error) {
        return { outcome: 'failed', error: `ALERT_PING_URL: ${errorSummary(error)}`, result: null };
      }
    },
    close: outbound.destroy,
  };
}

/** Why the URL must not be fetched now; null: it may. */
async function whyNot(db: Database, now: Date): Promise<string | null> {
  const lookedAt = (await readJobs(db)).get('alerts')?.succeededAt ?? null;
  if (lookedAt === null || now.getTime() - lookedAt.getTime() >= LOOK_AGE_MS) return 'the rules were not looked at';
  const alerts = [...(await readAlerts(db)).values()];
  const firing = alerts.filter(({ state, severity }) => state === 'firing' && severity === 'critical');
  return firing.length === 0 ? null : `${firing.map(({ name }) => name).join(', ')} fires`;
}
