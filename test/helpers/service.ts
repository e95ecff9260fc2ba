/**
 * The whole service for a test: real, with its own database and its own port. Log lines are kept as data. It is stopped
 * after the test, and then its database is dropped, which fails if a connection is still open.
 */
import { Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { type Service, startService } from '../../src/service.ts';
import { SALT } from './callbacks.ts';
import { createDatabase } from './postgres.ts';

export const STATUS_TOKEN = 'a-token-of-the-tests-9Qw4-Zr8';
export const WEBHOOK_SECRET = `whsec_${Buffer.from('a webhook secret of the tests').toString('base64')}`;

export type LogLine = Readonly<Record<string, unknown>>;

export interface TestService {
  /** http://host:port of the callback listener. */
  readonly url: string;
  readonly service: Service;
  readonly databaseUrl: string;
  /** All log lines, parsed. */
  readonly log: readonly LogLine[];
  /** The log as it was written. */
  readonly logText: () => string;
  /** Returns the rows of one statement on the database of the service, on a separate connection. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Requests the status API with the valid token; returns the parsed response. */
  status(path: string, method?: 'GET' | 'POST'): Promise<{ status: number; json: never }>;
}

export interface TestServiceOptions {
  readonly env?: Record<string, string>;
  /** The database of another service, for a second replica beside it. */
  readonly databaseUrl?: string;
  /** False: returns while the service is still starting. */
  readonly untilReady?: boolean;
}

/** Starts the service and waits until it is ready. */
export async function startTestService(t: TestContext, options: TestServiceOptions = {}): Promise<TestService> {
  const { env = {}, databaseUrl, untilReady = true } = options;
  const url = databaseUrl ?? (await createDatabase(t)).url;
  const base = { DATABASE_URL: url, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT, STATUS_TOKEN };
  const loaded = loadConfig({ ...base, ...env });
  if (loaded.outcome === 'invalid') throw new Error(JSON.stringify(loaded.errors));
  const { log, text, destination } = recordLines();
  const logger = createLogger(loaded.config.LOG_LEVEL, destination);
  const service = await startService({ config: loaded.config, connectionString: url, logger });
  t.after(() => service.stop());
  if (untilReady) await service.ready;

  return {
    url: service.urls.callbacks,
    service,
    databaseUrl: url,
    log,
    logText: text,
    query: (text, values) => queryOnce(url, text, values),
    async status(path, method = 'GET') {
      const headers = { authorization: `Bearer ${STATUS_TOKEN}` };
      const response = await fetch(`${service.urls.status}${path}`, { method, headers });
      return { status: response.status, json: (await response.json()) as never };
    },
  };
}

/** Runs one statement on a separate connection and returns its rows. */
export async function queryOnce<Row extends pg.QueryResultRow>(
  url: string,
  text: string,
  values: unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

function recordLines() {
  const log: LogLine[] = [];
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      for (const line of chunk.toString().split('\n')) if (line !== '') log.push(JSON.parse(line));
      done();
    },
  });
  return { log, text: () => text, destination };
}
