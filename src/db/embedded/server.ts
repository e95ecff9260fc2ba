/**
 * Runs one Postgres server: starts it, waits until it is ready, stops it.
 *
 * It listens only on a Unix socket, so there is no port to choose and nothing to reach over the network. Its log goes
 * to the log of the service, without statements and details, because those may contain what a customer bought.
 */
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { processTitle } from './data-dir.ts';
import { spawnProcess } from './processes.ts';
import type { RunAs } from './run-as.ts';

/** Part of the socket's file name; it is not a TCP port. */
export const PORT = 5432;
const POLL_MS = 10;
/** A fast shutdown that takes longer becomes an immediate one; the next start then recovers, and no commit is lost. */
const FAST_SHUTDOWN_MS = 10_000;
/**
 * The postmaster itself kills its processes after five seconds; only a process that has lost its postmaster stays
 * longer.
 */
const IMMEDIATE_SHUTDOWN_MS = 8_000;
const LOG_TAIL_LINES = 15;

export interface PostgresServerOptions {
  readonly runAs: RunAs;
  readonly postgres: string;
  readonly clusterDir: string;
  readonly socketDir: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
}

export interface PostgresServer {
  readonly pid: number;
  /**
   * Shuts down fast; resolves when the last process of the server has ended, or when it remains after being killed.
   * Safe to call again.
   */
  stop(): Promise<void>;
}

/** `in_use`: another server, or the rest of one, runs on the folder. `failed`: `log` is the end of Postgres' log. */
export type StartResult =
  | { outcome: 'ready'; server: PostgresServer }
  | { outcome: 'in_use' }
  | { outcome: 'failed'; log: string };

/**
 * Starts Postgres. Resolves when it accepts connections, or has failed; there is no timeout for recovery from a crash.
 */
export async function startPostgresServer(options: PostgresServerOptions): Promise<StartResult> {
  const child = spawnProcess(commandOf(options), ['ignore', 'ignore', 'pipe']);
  const tail: string[] = [];
  const processEnd = watchEnd(child);
  child.once('error', (error) => tail.push(error.message));
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      tail.push(line);
      if (tail.length > LOG_TAIL_LINES) tail.shift();
      options.onLog(line);
    });
  }

  const pid = child.pid ?? 0;
  if (await waitUntilReady(options.clusterDir, pid, processEnd)) {
    return { outcome: 'ready', server: { pid, stop: () => stop(child, processEnd) } };
  }
  const log = tail.join('\n');
  const isInUse = /lock file "postmaster.pid" already exists|pre-existing shared memory block/.test(log);
  return isInUse ? { outcome: 'in_use' } : { outcome: 'failed', log };
}

interface ProcessEnd {
  readonly hasEnded: boolean;
  readonly end: Promise<void>;
}

function watchEnd(child: ChildProcess): ProcessEnd {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const state = { hasEnded: false, end };
  // 'close' and not 'exit': the stream closes when the last child of the server, which shares it, has ended.
  child.once('close', () => {
    state.hasEnded = true;
    resolve();
  });
  return state;
}

function commandOf({ runAs, postgres, clusterDir, socketDir, settings }: PostgresServerOptions): string[] {
  const all = {
    ...settings,
    listen_addresses: '',
    port: String(PORT),
    // A list of folders; quoted, so that a comma or a blank in the path does not split it.
    unix_socket_directories: `"${socketDir}"`,
    unix_socket_permissions: '0700',
    cluster_name: processTitle(process.pid),
    log_line_prefix: '',
    log_checkpoints: 'off',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return [...runAs.prefix, postgres, '-D', clusterDir, ...flags];
}

/**
 * Polls the state that Postgres writes into its pid file; connecting instead would fill its log with rejected
 * connections. False if the server ended first.
 */
async function waitUntilReady(clusterDir: string, pid: number, processEnd: ProcessEnd): Promise<boolean> {
  while (!processEnd.hasEnded) {
    const content = await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = content.split('\n');
    // The eighth line, LOCK_FILE_LINE_PM_STATUS in Postgres' pidfile.h.
    if (lines[0] === String(pid) && lines[7]?.trim() === 'ready') return true;
    await Promise.race([processEnd.end, setTimeout(POLL_MS)]);
  }
  return false;
}

async function stop(child: ChildProcess, processEnd: ProcessEnd): Promise<void> {
  // Unlike process.kill, this sends nothing once the server has ended and its pid may belong to another process.
  child.kill('SIGINT');
  if (await endsWithin(FAST_SHUTDOWN_MS, processEnd)) return;
  child.kill('SIGQUIT');
  if (await endsWithin(IMMEDIATE_SHUTDOWN_MS, processEnd)) return;
  child.kill('SIGKILL');
  // A remaining process of the server may keep the stream open, but must not block the stop.
  child.stderr?.destroy();
  await processEnd.end;
}

async function endsWithin(limitMs: number, processEnd: ProcessEnd): Promise<boolean> {
  const endedInTime = new AbortController();
  const limit = setTimeout(limitMs, undefined, { signal: endedInTime.signal }).catch(() => undefined);
  await Promise.race([processEnd.end, limit]);
  endedInTime.abort();
  return processEnd.hasEnded;
}
