/**
 * The state of the data folder: free, in use by a Postgres, or left over from a dead one.
 *
 * Postgres uses `postmaster.pid` and shared memory to prevent two servers on one folder. After a kill -9, the pid in
 * that file may belong to an unrelated process, which Postgres mistakes for a server. The file must not be deleted: it
 * also names the shared memory through which Postgres notices that parts of the dead server are still alive.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { findProcess, type RunningProcess } from './processes.ts';

/**
 * `free`: Postgres can be started and does the rest itself. `stopping`: not free yet, check again; a Postgres whose
 * service is dead was signalled to stop, or a server is starting. `in_use`: a Postgres of another service runs here.
 */
export type DataDirState = { outcome: 'free' } | { outcome: 'stopping' } | { outcome: 'in_use'; pid: number };

/** Returns the name that marks a Postgres in the process list as the one of the service `servicePid`. */
export function processTitle(servicePid: number): string {
  return `receiver-${servicePid}`;
}

/**
 * Returns the state of the folder, and cleans up after a dead service: a stale pid file, or a Postgres without its
 * service.
 */
export async function reclaimDataDir(clusterDir: string): Promise<DataDirState> {
  const pidFile = path.join(clusterDir, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => null);
  if (content === null) return { outcome: 'free' };
  if (content === '') return reclaimEmptyPidFile(pidFile);

  const [pidText = '', startedIn = clusterDir] = content.split('\n');
  const pid = Number(pidText);
  const owner = await findProcess(pid);
  if (owner === null) return { outcome: 'free' };
  if (!isPostgresOn(owner, startedIn)) {
    await markStale(pidFile, content);
    return { outcome: 'free' };
  }
  return isOrphan(owner) && signalStop(pid) ? { outcome: 'stopping' } : { outcome: 'in_use', pid };
}

/** A file that stays empty for longer was left by a power failure; a starting server is writing a newer one. */
const EMPTY_FILE_GRACE_MS = 2_000;

async function reclaimEmptyPidFile(pidFile: string): Promise<DataDirState> {
  const found = await stat(pidFile).catch(() => null);
  if (found !== null && Date.now() - found.mtimeMs < EMPTY_FILE_GRACE_MS) return { outcome: 'stopping' };
  await markStale(pidFile, '\n');
  return { outcome: 'free' };
}

/** A Postgres that names no folder counts as ours too: a rejected start is better than two servers on one folder. */
function isPostgresOn({ args }: RunningProcess, dataFolder: string): boolean {
  const line = `${args.join(' ')} `;
  if (path.basename(args[0] ?? '') !== 'postgres') return false;
  return line.includes(` ${dataFolder} `) || !/ -D ?\//.test(line);
}

/**
 * True for a Postgres of ours whose parent is no longer the service that started it. A Postgres that anything else
 * started is never touched.
 */
function isOrphan({ args, parentPid }: RunningProcess): boolean {
  const servicePid = /cluster_name=receiver-(\d+)/.exec(args.join(' '))?.[1];
  return servicePid !== undefined && Number(servicePid) !== parentPid;
}

function signalStop(pid: number): boolean {
  try {
    process.kill(pid, 'SIGINT');
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/**
 * Replaces the pid in the file by our own: Postgres treats a file with its parent's pid as stale and continues with the
 * check of the shared memory (CreateLockFile in its miscinit.c).
 */
async function markStale(pidFile: string, content: string): Promise<void> {
  await writeFile(pidFile, [String(process.pid), ...content.split('\n').slice(1)].join('\n'));
}
