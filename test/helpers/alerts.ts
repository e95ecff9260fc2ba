/**
 * The looks of one replica at a time on a real database, at times that the test says, and what they post to a real
 * receiver. A second replica has the same database and a sender of its own.
 */
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import type pg from 'pg';
import { look } from '../../src/alerts/look.ts';
import { originOf } from '../../src/alerts/message.ts';
import { createAlertSender } from '../../src/alerts/post.ts';
import { postDue } from '../../src/alerts/poster.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/settings.ts';
import { alertFormatOf } from '../../src/config/types/alert-format.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { runAsLeader } from '../../src/db/job.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { DIGEST_KEY } from './config.ts';
import { createDatabase } from './postgres.ts';
import { queryOnce } from './service.ts';

const MINUTE_MS = 60_000;
export const NEVER = new AbortController().signal;

export interface Replica {
  readonly db: Database;
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Looks at this minute, and posts what is due. */
  lookAt(minute: number): Promise<void>;
  /** Looks without posting. */
  onlyLookAt(minute: number): Promise<void>;
  /** Looks although another replica may be looking, as one does that has lost its lease. */
  lookUnlocked(minute: number): Promise<void>;
  post(signal?: AbortSignal): Promise<void>;
}

export interface AlertsWorld {
  readonly url: string;
  /** Minute 0; by the database's clock, because rows have their times from it. */
  readonly start: Date;
  timeAt(minute: number): Date;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  replica(env?: Record<string, string>, options?: ReplicaOptions): Replica;
}

export interface ReplicaOptions {
  readonly timeoutMs?: number;
  /** Called with each wait between two tries, which takes no time. */
  onWait?(ms: number): void;
}

export function configOf(env: Record<string, string>): Config {
  const loaded = loadConfig({ DIGEST_KEY, ...env });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.errors));
  return loaded.config;
}

/** A database of its own. */
export async function createAlertsWorld(t: TestContext): Promise<AlertsWorld> {
  const { url } = await createDatabase(t);
  const start = new Date();
  const timeAt = (minute: number) => new Date(start.getTime() + minute * MINUTE_MS);
  return {
    url,
    start,
    timeAt,
    query: (text, values) => queryOnce(url, text, values),
    replica: (env = {}, options = {}) => createReplica(t, { url, timeAt, config: configOf(env), ...options }),
  };
}

interface ReplicaParts extends ReplicaOptions {
  readonly url: string;
  readonly config: Config;
  timeAt(minute: number): Date;
}

function createReplica(t: TestContext, { url, config, timeAt, timeoutMs, onWait }: ReplicaParts): Replica {
  const db = openDatabase({ connectionString: url, poolSize: 2, onConnectionError: () => undefined });
  const log: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line: string) => void log.push(JSON.parse(line)) });
  const { ALERT_URL: target, ALERT_AUTHORIZATION: authorization } = config;
  const format = target === null ? 'json' : alertFormatOf(config.ALERT_FORMAT, target);
  const sleep = async (ms: number) => onWait?.(ms);
  const times = timeoutMs === undefined ? {} : { timeoutMs };
  const sender =
    target === null
      ? null
      : createAlertSender({ url: target, format, authorization, proxies: config, sleep, ...times });
  t.after(async () => {
    await sender?.close();
    await db.close();
  });

  let now = timeAt(0);
  const post = async (signal = NEVER) => {
    if (sender === null) return;
    const origin = originOf(config);
    await postDue({ db, sender, logger, format, origin, key: authorization, now: () => now }, signal);
  };
  const options = { db, settings: config, posts: sender !== null, logger, newId: randomUUID, now: () => now };
  const onlyLookAt = async (minute: number) => {
    now = timeAt(minute);
    const ended = await runAsLeader({ name: 'alerts', db, run: (signal) => look(options, signal) }, 0, NEVER);
    if (ended.outcome === 'failed') throw new Error(ended.error);
  };
  return {
    db,
    log,
    post,
    onlyLookAt,
    async lookUnlocked(minute) {
      now = timeAt(minute);
      await look(options);
    },
    async lookAt(minute) {
      await onlyLookAt(minute);
      await post();
    },
  };
}
