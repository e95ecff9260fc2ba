/**
 * Who holds the data folder: a living receiver's Postgres, the remains of a dead one, or nobody.
 *
 * Postgres keeps two servers off one folder by `postmaster.pid` and shared memory. After a kill -9 the number in that
 * file may belong to a stranger, which Postgres mistakes for itself. A maintainer must not delete the file: it also
 * names the shared memory through which Postgres notices that parts of the dead server still live.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { findProcess, type RunningProcess } from './processes.ts';

/**
 * `vacant`: Postgres may be started, and settles the rest itself. `leaving`: a Postgres whose service is dead was
 * told to stop; ask again. `held`: a Postgres works here for somebody.
 */
export type DataDirState = { outcome: 'vacant' } | { outcome: 'leaving' } | { outcome: 'held'; pid: number };

/** Marks a Postgres, visibly in the process list, as the one of the service `servicePid`. */
export function processTitle(servicePid: number): string {
  return `receiver-${servicePid}`;
}

/** Looks, and clears away what a dead service left: a stale number in the pid file, a Postgres without its service. */
export async function reclaimDataDir(clusterDir: string): Promise<DataDirState> {
  const pidFile = path.join(clusterDir, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => null);
  if (content === null) return { outcome: 'vacant' };
  if (content === '') return vacateEmpty(pidFile);

  const [pidText = '', startedIn = clusterDir] = content.split('\n');
  const pid = Number(pidText);
  const holder = await findProcess(pid);
  if (holder === null) return { outcome: 'vacant' };
  if (!isPostgresOn(holder, startedIn)) {
    await disown(pidFile, content);
    return { outcome: 'vacant' };
  }
  return isOrphan(holder) && tellToStop(pid) ? { outcome: 'leaving' } : { outcome: 'held', pid };
}

/** A file that long without a number was left by a power cut; a younger one is being written by a server that starts. */
const EMPTY_FILE_GRACE_MS = 2_000;

async function vacateEmpty(pidFile: string): Promise<DataDirState> {
  const found = await stat(pidFile).catch(() => null);
  if (found !== null && Date.now() - found.mtimeMs < EMPTY_FILE_GRACE_MS) return { outcome: 'leaving' };
  await disown(pidFile, '\n');
  return { outcome: 'vacant' };
}

/** One that names no folder is taken for ours too: rather refused to start than two servers on one folder. */
function isPostgresOn({ args }: RunningProcess, dataFolder: string): boolean {
  const line = `${args.join(' ')} `;
  if (path.basename(args[0] ?? '') !== 'postgres') return false;
  return line.includes(` ${dataFolder} `) || !/ -D ?\//.test(line);
}

/** Ours, and its parent is no longer the service that started it. One that somebody else started is never touched. */
function isOrphan({ args, parentPid }: RunningProcess): boolean {
  const servicePid = /cluster_name=receiver-(\d+)/.exec(args.join(' '))?.[1];
  return servicePid !== undefined && Number(servicePid) !== parentPid;
}

function tellToStop(pid: number): boolean {
  try {
    process.kill(pid, 'SIGINT');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Puts our own number in place of the stranger's: Postgres takes a file with its parent's number for a stale one and
 * goes on to the shared memory (CreateLockFile in its miscinit.c).
 */
async function disown(pidFile: string, content: string): Promise<void> {
  await writeFile(pidFile, [String(process.pid), ...content.split('\n').slice(1)].join('\n'));
}
