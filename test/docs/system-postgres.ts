/**
 * A system Postgres with its own pg_dump and pg_restore, if they are installed: the embedded one has none, and an older
 * pg_dump rejects a newer server. It runs in its own folder, which is removed after the test.
 */
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { clusterDirOf, ensureCluster } from '../../src/db/embedded/cluster.ts';
import { chooseRunAs } from '../../src/db/embedded/run-as.ts';
import { startPostgresServer } from '../../src/db/embedded/server.ts';
import { makeSocketDir } from '../../src/db/embedded/socket-dir.ts';

/** Where Debian keeps several versions side by side; the programs on its PATH are only wrappers. */
const DEBIAN = '/usr/lib/postgresql';
const NEEDED = ['initdb', 'postgres', 'psql', 'pg_dump', 'pg_restore'];

export interface SystemPostgres {
  /** Folder of its programs. */
  readonly bin: string;
  /** Returns the URL of a database in it, which need not exist. */
  urlOf(database: string): string;
}

/** Returns a folder that contains all programs of a Postgres, or null if there is none. */
export async function findSystemPostgres(): Promise<string | null> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a)).map((name) => path.join(DEBIAN, name, 'bin'));
  const onPath = await promisify(execFile)('sh', ['-c', 'command -v postgres']).catch(() => ({ stdout: '' }));
  const found = await realpath(onPath.stdout.trim()).catch(() => null);
  const folders = [...newestFirst, ...(found === null ? [] : [path.dirname(found)])];
  for (const bin of folders) {
    const isComplete = await Promise.all(NEEDED.map((name) => access(path.join(bin, name)))).catch(() => null);
    if (isComplete !== null) return bin;
  }
  return null;
}

/** Starts the server. It trusts every client that can reach its socket. */
export async function startSystemPostgres(t: TestContext, bin: string): Promise<SystemPostgres> {
  const undo: (() => Promise<void>)[] = [];
  // After the test's other hooks, which close their connections; the last step runs first.
  t.after(() =>
    t.after(async () => {
      for (const step of undo.toReversed()) await step();
    }),
  );
  const binaries = { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres') };
  const dataDir = await mkdtemp(path.join(tmpdir(), 'receiver-test-'));
  undo.push(() => rm(dataDir, { recursive: true, force: true }));
  const choice = await chooseRunAs({ postgres: binaries.postgres, dataDir, owner: null });
  await ensureCluster(dataDir, choice, { binaries, sync: false });
  const { runAs } = choice;
  const socketDir = await makeSocketDir(runAs);
  undo.push(() => rm(socketDir, { recursive: true, force: true }));
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
