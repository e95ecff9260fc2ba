/**
 * A Postgres of the system with its own pg_dump and pg_restore, where they are installed: the embedded one brings none, and an
 * older pg_dump refuses a newer server. It is started in a folder of its own and gone after the test.
 */
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { clusterDirOf, ensureCluster } from '../../src/db/embedded/cluster.ts';
import { chooseRunAs } from '../../src/db/embedded/run-as.ts';
import { startPostgresServer } from '../../src/db/embedded/server.ts';
import { makeSocketDir, removeFolder } from '../../src/db/embedded/socket-dir.ts';

/** Debian's way to keep several versions side by side; the programs on the PATH are only fronts there. */
const DEBIAN = '/usr/lib/postgresql';
const NEEDED = ['initdb', 'postgres', 'psql', 'pg_dump', 'pg_restore'];

export interface SystemPostgres {
  /** The folder of its programs. */
  readonly bin: string;
  /** The URL of a database in it; whether it exists is the caller's business. */
  urlOf(database: string): string;
}

/** The folder in which all of a Postgres' programs lie, or null when there is none. */
export async function findSystemPostgres(): Promise<string | null> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a)).map((name) => path.join(DEBIAN, name, 'bin'));
  const onPath = await promisify(execFile)('sh', ['-c', 'command -v postgres']).catch(() => ({ stdout: '' }));
  const found = await realpath(onPath.stdout.trim()).catch(() => null);
  const folders = [...newestFirst, ...(found === null ? [] : [path.dirname(found)])];
  for (const bin of folders) {
    const isWhole = await Promise.all(NEEDED.map((name) => access(path.join(bin, name)))).catch(() => null);
    if (isWhole !== null) return bin;
  }
  return null;
}

/** Starts it; it trusts everybody who reaches its socket. */
export async function startSystemPostgres(t: TestContext, bin: string): Promise<SystemPostgres> {
  const undo: (() => Promise<void>)[] = [];
  // After the test's other hooks, which close what is connected; the last thing first.
  t.after(() =>
    t.after(async () => {
      for (const step of undo.toReversed()) await step();
    }),
  );
  const binaries = { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
  const dataDir = await mkdtemp(path.join(tmpdir(), 'receiver-test-'));
  undo.push(() => removeFolder(dataDir));
  const choice = await chooseRunAs({ postgres: binaries.postgres, dataDir, owner: null });
  await ensureCluster(dataDir, choice, { binaries, sync: false });
  const { runAs } = choice;
  const socketDir = await makeSocketDir(runAs);
  undo.push(() => removeFolder(socketDir));
  const start = await startPostgresServer({
    runAs,
    postgres: binaries.postgres,
    clusterDir: clusterDirOf(dataDir),
    socketDir,
    settings: { fsync: 'off' },
    onLog: () => undefined,
  });
  if (start.outcome !== 'ready') throw new Error(`Postgres does not start: ${JSON.stringify(start)}`);
  undo.push(() => start.server.stop());
  const host = encodeURIComponent(socketDir);
  return { bin, urlOf: (database) => `postgresql://postgres@localhost/${database}?host=${host}&sslmode=disable` };
}
