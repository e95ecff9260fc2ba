/**
 * A real Postgres, a streaming standby of it, and a real PgBouncer, from the packages of the machine. All listen on
 * 127.0.0.1 and trust every client. They refuse to run as root, so root starts them as postgres or nobody.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chown, mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';
import { IS_ROOT, makeFolder } from './embedded.ts';
import { TOOL_PATH, type ToolPart } from './tools.ts';

/** Programs of the newest Postgres that Debian's packages have installed, with those of its client. */
const FIND_POSTGRES = 'ls -d /usr/lib/postgresql/*/bin/postgres | sort -V | tail -1';
export const POSTGRES: readonly ToolPart[] = [
  { name: 'postgresql', command: ['sh', '-c', `"$(${FIND_POSTGRES})" --version`] },
  { name: 'pg_basebackup', command: ['sh', '-c', `"$(dirname "$(${FIND_POSTGRES})")/pg_basebackup" --version`] },
];
export const PGBOUNCER: readonly ToolPart[] = [{ name: 'pgbouncer', command: ['pgbouncer', '--version'] }];

const run = promisify(execFile);

export interface RealPostgres {
  readonly port: number;
  readonly folder: string;
  /** The URL of its database `receiver`. */
  readonly url: string;
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** Ends it as a power cut would. */
  kill(): Promise<void>;
}

/** The account of the servers; undefined where the tests run as an ordinary user. */
async function account(): Promise<{ uid: number; gid: number } | undefined> {
  if (!IS_ROOT) return undefined;
  const idOf = async (flag: string, name: string) => Number((await run('id', [flag, name])).stdout);
  const name = await run('id', ['-u', 'postgres']).then(
    () => 'postgres',
    () => 'nobody',
  );
  return { uid: await idOf('-u', name), gid: await idOf('-g', name) };
}

/** A folder that the servers own. */
async function ownedFolder(t: TestContext): Promise<string> {
  const folder = await makeFolder(t);
  const owner = await account();
  if (owner !== undefined) await chown(folder, owner.uid, owner.gid);
  return folder;
}

async function binary(name: string): Promise<string> {
  return path.join(path.dirname((await run('sh', ['-c', FIND_POSTGRES])).stdout.trim()), name);
}

/** Starts a new Postgres with an empty database `receiver`. */
export async function startRealPostgres(t: TestContext, settings: readonly string[] = []): Promise<RealPostgres> {
  const folder = await ownedFolder(t);
  const words = ['-D', `${folder}/data`, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-N'];
  await run(await binary('initdb'), words, { ...(await account()), cwd: folder });
  await appendFile(`${folder}/data/postgresql.conf`, ['fsync = off', ...settings, ''].join('\n'));
  const postgres = await serve(t, folder);
  await postgres.query('create database receiver', 'postgres');
  return postgres;
}

/** Starts a streaming standby of `primary`, whose application_name is `standby`, and waits until it streams. */
export async function startStandby(t: TestContext, primary: RealPostgres): Promise<RealPostgres> {
  const folder = await ownedFolder(t);
  const source = `host=127.0.0.1 port=${primary.port} user=postgres application_name=standby`;
  const words = ['-D', `${folder}/data`, '-d', source, '-R', '-X', 'stream', '-c', 'fast'];
  await run(await binary('pg_basebackup'), words, { ...(await account()), cwd: folder });
  const standby = await serve(t, folder);
  const isStreaming = async () =>
    (await primary.query("select 1 from pg_stat_replication where state = 'streaming'")).length > 0;
  assert.ok(await waitUntil(isStreaming), 'the standby does not stream');
  return standby;
}

async function serve(t: TestContext, folder: string) {
  const port = await freePort();
  const words = ['-D', `${folder}/data`, '-p', String(port), '-h', '127.0.0.1', '-k', folder];
  const child = spawn(await binary('postgres'), words, { ...(await account()), cwd: folder, stdio: 'ignore' });
  endAfter(t, child, 'SIGINT');
  const urlOf = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}?sslmode=disable`;
  const query = async <Row extends pg.QueryResultRow>(text: string, database = 'receiver') => {
    const client = new pg.Client({ connectionString: urlOf(database) });
    client.on('error', () => undefined);
    await client.connect();
    return client
      .query<Row>(text)
      .then(({ rows }) => rows)
      .finally(() => client.end());
  };
  const isUp = () => query('select 1', 'postgres').then(Boolean, () => false);
  assert.ok(await waitUntil(isUp, 60_000), `Postgres does not start: ${child.exitCode}`);
  return {
    port,
    folder,
    url: urlOf('receiver'),
    query,
    async kill() {
      // SIGKILL to the postmaster alone would leave its children; SIGQUIT ends all of them without a checkpoint.
      child.kill('SIGQUIT');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** Starts PgBouncer before a server; returns the URL of the database behind it. */
export async function startPgBouncer(
  t: TestContext,
  server: RealPostgres,
  { mode, settings = [] }: { readonly mode: 'session' | 'transaction'; readonly settings?: readonly string[] },
): Promise<string> {
  const folder = await ownedFolder(t);
  const port = await freePort();
  const file = path.join(folder, 'pgbouncer.ini');
  await mkdir(path.join(folder, 'socket'), { mode: 0o777 });
  await writeFile(
    file,
    [
      '[databases]',
      `receiver = host=127.0.0.1 port=${server.port} dbname=receiver user=postgres`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${port}`,
      'unix_socket_dir =',
      'auth_type = any',
      `pool_mode = ${mode}`,
      'default_pool_size = 30',
      ...settings,
      '',
    ].join('\n'),
  );
  const env = { PATH: TOOL_PATH };
  const child = spawn('pgbouncer', [file], {
    ...(await account()),
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  endAfter(t, child, 'SIGTERM');
  const isUp = async () => output.includes('process up') || child.exitCode !== null;
  assert.ok(await waitUntil(isUp), output);
  assert.equal(child.exitCode, null, output);
  return `postgres://postgres@127.0.0.1:${port}/receiver?sslmode=disable`;
}

/** Ends a server after the test's other hooks, which close their connections to it. */
function endAfter(t: TestContext, child: ChildProcess, signal: NodeJS.Signals): void {
  t.after(() =>
    t.after(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    }),
  );
}
