/**
 * A primary and a streaming standby, each a real Postgres with a port of its own on 127.0.0.1. The primary's commits
 * wait for the standby, so that a promotion loses none. They are stopped after the test's other hooks.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/embedded.ts';
import { type BreakableProxy, startBreakableProxy } from '../harness/breakable-proxy.ts';
import { waitUntil } from '../harness/wait.ts';
import { FAST_POSTGRES_SETTINGS, makeFolder, makeUsedDataDir, query, sh, waitUntilGone } from './embedded.ts';

export interface ReplicatedServer {
  readonly proxy: BreakableProxy;
  /** Returns the rows of one statement, on this very server. */
  query<Row extends Record<string, unknown>>(text: string): Promise<Row[]>;
  /** Ends the server as a crash does; resolves when it is gone. */
  crash(): Promise<void>;
}

export interface ReplicatedPair {
  readonly primary: ReplicatedServer;
  readonly standby: ReplicatedServer;
  /** Names both servers, in the given order. */
  urlOf(...servers: readonly ReplicatedServer[]): string;
  /** Makes the standby a primary; resolves when it takes commits. */
  promote(): Promise<void>;
}

/** Starts both; resolves when a commit of the primary waits for the standby, and the standby has answered. */
export async function startReplicatedPair(t: TestContext): Promise<ReplicatedPair> {
  const primaryDir = await makeUsedDataDir(t);
  const standbyDir = path.join(await makeFolder(t), 'data');
  await sh('cp', ['-a', primaryDir, standbyDir]);
  await mkdir(standbyDir, { recursive: true });
  await writeFile(path.join(standbyDir, 'postgres', 'standby.signal'), '');

  const primary = await startServer(t, primaryDir, { synchronous_standby_names: '*' });
  const conninfo = `host=${primary.postgres.socketDir} port=5432 user=postgres application_name=standby`;
  const standby = await startServer(t, standbyDir, { primary_conninfo: conninfo });
  const isStreaming = `select 1 from pg_stat_replication where state = 'streaming' and sync_state = 'sync'`;
  if (!(await waitUntil(async () => (await primary.query(isStreaming)).length > 0))) {
    throw new Error('the standby does not follow the primary');
  }
  return {
    primary,
    standby,
    urlOf(...servers) {
      const hosts = servers.map(({ proxy }) => `127.0.0.1:${proxy.port}`).join(',');
      return `postgres://postgres@${hosts}/receiver?target_session_attrs=read-write`;
    },
    async promote() {
      await standby.query('select pg_promote(true, 60)');
    },
  };
}

async function startServer(t: TestContext, dataDir: string, settings: Readonly<Record<string, string>>) {
  const all = { ...FAST_POSTGRES_SETTINGS, ...settings };
  const postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir, settings: all });
  t.after(() => t.after(() => postgres.stop()));
  const proxy = await startBreakableProxy(() => path.join(postgres.socketDir, '.s.PGSQL.5432'));
  t.after(() => t.after(() => proxy.leave()));
  return {
    postgres,
    proxy,
    query: <Row extends Record<string, unknown>>(text: string) => query<Row>(postgres.connectionString, text),
    async crash() {
      process.kill(postgres.pid, 'SIGQUIT');
      await waitUntilGone(postgres.pid);
    },
  };
}
