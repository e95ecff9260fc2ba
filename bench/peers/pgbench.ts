/** Runs pgbench, where it is installed, with the single-row statement: the limit of Postgres itself on this machine. */
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { pgbenchScript } from './statement.ts';

export const PGBENCH_CLIENTS = 16;
/** The folder of Debian's packages, which is not in the PATH. */
const DEBIAN = '/usr/lib/postgresql';

const run = promisify(execFile);

/** Returns the program's path, or null when it is not installed. */
export async function findPgbench(): Promise<string | null> {
  const versions = await readdir(DEBIAN).catch(() => []);
  const inPath = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const folder of [...inPath, ...versions.map((version) => path.join(DEBIAN, version, 'bin'))]) {
    const file = path.join(folder, 'pgbench');
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return null;
}

export interface PgbenchOptions {
  readonly pgbench: string;
  readonly connectionString: string;
  readonly seconds: number;
}

/** Returns transactions a second; each stores one callback. Every call stores new callbacks. */
export async function measurePgbench({ pgbench, connectionString, seconds }: PgbenchOptions): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pgbench-'));
  try {
    const script = path.join(folder, 'callback.sql');
    await writeFile(script, await pgbenchScript(`pgbench-${Date.now().toString(36)}`));
    const args = [
      '-n',
      '-M',
      'prepared',
      '-c',
      String(PGBENCH_CLIENTS),
      '-T',
      String(seconds),
      '-D',
      'n=0',
      '-f',
      script,
    ];
    const { stdout } = await run(pgbench, [...args, connectionString]);
    const rate = /tps = ([0-9.]+)/.exec(stdout)?.[1];
    if (rate === undefined || !/failed transactions: 0 /.test(stdout)) throw new Error(`pgbench failed:\n${stdout}`);
    return Number(rate);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
