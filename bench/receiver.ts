/**
 * A receiver as a process of its own, as the image starts it (its flags, few malloc arenas, compiled before), with its log
 * in a file: nobody has to read along, which would cost the machine a part of what is measured.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { nodeFlags } from '../faults/start-line.ts';

const PROGRAM = path.join(import.meta.dirname, '..');
const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 5;
const STOP_WITHIN_MS = 20_000;
const LAST_WORDS = 1_500;

export interface Receiver {
  readonly port: number;
  readonly baseUrl: string;
  readonly pid: number;
  /** From the start of the process until it took callbacks. */
  readonly readyAfterMs: number;
  /** The end of its log. */
  lastWords(): Promise<string>;
  /** Forgets what was logged, so that a long run does not fill the disk. */
  emptyLog(): Promise<void>;
  /** Safe to call twice. Rejects when it did not end well. */
  stop(): Promise<void>;
}

export interface ReceiverOptions {
  /** The program, below the repository. */
  readonly entry: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Where to write a CPU profile; null: none is taken. */
  readonly profileDir: string | null;
}

/** Resolves when it is ready; rejects with its last words when it ends before. */
export async function startReceiver({ entry, port, env, logFile, profileDir }: ReceiverOptions): Promise<Receiver> {
  const startedAtMs = performance.now();
  const log = openSync(logFile, 'a');
  const flags = await nodeFlags();
  const profile = profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profileDir)}`];
  const child = spawn(process.execPath, [...flags, ...profile, entry, 'serve'], {
    cwd: PROGRAM,
    env: { ...env, MALLOC_ARENA_MAX: '2', NODE_COMPILE_CACHE: path.join(path.dirname(logFile), 'compiled') },
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const ended = once(child, 'close');
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  await becomesReady(child, logFile);
  const stop = async () => {
    child.kill('SIGTERM');
    const end = await Promise.race([ended, setTimeout(STOP_WITHIN_MS, null, { ref: false })]);
    process.removeListener('exit', kill);
    if (end !== null && child.exitCode === 0) return;
    child.kill('SIGKILL');
    throw new Error(`the receiver did not stop well:\n${await lastWords(logFile)}`);
  };
  let stopped: Promise<void> | null = null;
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    readyAfterMs: performance.now() - startedAtMs,
    lastWords: () => lastWords(logFile),
    emptyLog: () => truncate(logFile),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function becomesReady(child: ChildProcess, logFile: string): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!(await readFile(logFile, 'utf8')).includes('"service.ready"')) {
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > deadlineMs) {
      throw new Error(`the receiver did not become ready:\n${await lastWords(logFile)}`);
    }
    await setTimeout(READY_POLL_MS);
  }
}

async function lastWords(logFile: string): Promise<string> {
  return (await readFile(logFile, 'utf8')).slice(-LAST_WORDS);
}
