/**
 * One running Postgres server: started, waited for, stopped.
 *
 * It listens on a Unix socket alone, so there is no port to choose and nothing for the network to reach. Its log goes
 * to the service's, without statements and details: those may hold what a customer bought.
 */
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { processTitle } from './data-dir.ts';
import { spawnProcess } from './processes.ts';
import type { RunAs } from './run-as.ts';

/** Part of the socket's file name; nothing listens on it. */
export const PORT = 5432;
const POLL_MS = 10;
/** A fast shutdown that takes longer is cut short; the next start then recovers, nothing committed is lost. */
const FAST_SHUTDOWN_MS = 10_000;
/** The postmaster itself kills after five seconds what does not end; only a part of a server that lost it stays longer. */
const IMMEDIATE_SHUTDOWN_MS = 8_000;
const LOG_TAIL_LINES = 15;

export interface PostgresServerOptions {
  readonly account: RunAs;
  readonly postgres: string;
  readonly clusterDir: string;
  readonly socketDir: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly onLog: (line: string) => void;
}

export interface PostgresServer {
  readonly pid: number;
  /**
   * Fast shutdown; resolves when the last process of the server is gone, or stays although it was made to go. Safe to
   * call again.
   */
  stop(): Promise<void>;
}

/** `occupied`: another server, or the rest of one, is on the folder. `failed`: `log` is the end of what Postgres said. */
export type StartResult =
  | { outcome: 'ready'; server: PostgresServer }
  | { outcome: 'occupied' }
  | { outcome: 'failed'; log: string };

/** Resolves when Postgres takes connections, however long it recovers from a crash before, or has given up. */
export async function startPostgresServer(options: PostgresServerOptions): Promise<StartResult> {
  const child = spawnProcess(commandOf(options), ['ignore', 'ignore', 'pipe']);
  const tail: string[] = [];
  const life = lifeOf(child);
  child.once('error', (error) => tail.push(error.message));
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      tail.push(line);
      if (tail.length > LOG_TAIL_LINES) tail.shift();
      options.onLog(line);
    });
  }

  const pid = child.pid ?? 0;
  if (await becomesReady(options.clusterDir, pid, life)) {
    return { outcome: 'ready', server: { pid, stop: () => stop(child, life) } };
  }
  const log = tail.join('\n');
  const isOccupied = /lock file "postmaster.pid" already exists|pre-existing shared memory block/.test(log);
  return isOccupied ? { outcome: 'occupied' } : { outcome: 'failed', log };
}

interface Life {
  readonly hasEnded: boolean;
  readonly end: Promise<void>;
}

function lifeOf(child: ChildProcess): Life {
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const life = { hasEnded: false, end };
  // Not 'exit': the stream closes when the last child of the server, which shares it, is gone.
  child.once('close', () => {
    life.hasEnded = true;
    resolve();
  });
  return life;
}

function commandOf({ account, postgres, clusterDir, socketDir, settings }: PostgresServerOptions): string[] {
  const all = {
    ...settings,
    listen_addresses: '',
    port: String(PORT),
    // A list of folders; quoted, so that a comma or a blank in the path does not divide it.
    unix_socket_directories: `"${socketDir}"`,
    unix_socket_permissions: '0700',
    cluster_name: processTitle(process.pid),
    log_line_prefix: '',
    log_checkpoints: 'off',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return [...account.prefix, postgres, '-D', clusterDir, ...flags];
}

/**
 * Looks at the state Postgres writes into its pid file; connecting instead would fill its log with refusals. False
 * when the server ended before.
 */
async function becomesReady(clusterDir: string, pid: number, life: Life): Promise<boolean> {
  while (!life.hasEnded) {
    const content = await readFile(path.join(clusterDir, 'postmaster.pid'), 'utf8').catch(() => '');
    const lines = content.split('\n');
    // The eighth line, LOCK_FILE_LINE_PM_STATUS in Postgres' pidfile.h.
    if (lines[0] === String(pid) && lines[7]?.trim() === 'ready') return true;
    await Promise.race([life.end, setTimeout(POLL_MS)]);
  }
  return false;
}

async function stop(child: ChildProcess, life: Life): Promise<void> {
  // Unlike process.kill, this sends nothing once the server has ended and its number may be another process's.
  child.kill('SIGINT');
  if (await endsWithin(FAST_SHUTDOWN_MS, life)) return;
  child.kill('SIGQUIT');
  if (await endsWithin(IMMEDIATE_SHUTDOWN_MS, life)) return;
  child.kill('SIGKILL');
  // What is left of the server now can keep its stream, but nobody waiting.
  child.stderr?.destroy();
  await life.end;
}

async function endsWithin(limitMs: number, life: Life): Promise<boolean> {
  const endedInTime = new AbortController();
  const limit = setTimeout(limitMs, undefined, { signal: endedInTime.signal }).catch(() => undefined);
  await Promise.race([life.end, limit]);
  endedInTime.abort();
  return life.hasEnded;
}
