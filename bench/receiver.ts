/**
 * Runs a receiver as a process of its own, as the image starts it (its flags, few malloc arenas, compiled before). Its
 * log goes to a file: a reader would cost the machine a part of what is measured.
 */
import { closeSync, openSync } from 'node:fs';
import { readFile, truncate } from 'node:fs/promises';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { IMAGE_ENV, imageNodeFlags } from '../test/harness/image-entrypoint.ts';
import { ROOT, spawnReceiver } from '../test/harness/receiver-process.ts';

const READY_WITHIN_MS = 60_000;
const READY_POLL_MS = 5;
const STOP_WITHIN_MS = 20_000;
const LOG_TAIL_CHARACTERS = 1_500;

export interface Receiver {
  readonly port: number;
  readonly baseUrl: string;
  readonly pid: number;
  /** From the start of the process until it took callbacks. */
  readonly readyAfterMs: number;
  /** Reads the end of its log. */
  logTail(): Promise<string>;
  /** Empties the log, so that a long run does not fill the disk. */
  emptyLog(): Promise<void>;
  /** Safe to call twice. Rejects when the exit code is not 0. */
  stop(): Promise<void>;
}

export interface ReceiverOptions {
  /** The program, below the repository. */
  readonly entry: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** The folder for a CPU profile; null: no profile is written. */
  readonly profileDir: string | null;
}

/** Resolves when it is ready. Rejects with the end of its log when it ends before, or after 60 s. */
export async function startReceiver({ entry, port, env, logFile, profileDir }: ReceiverOptions): Promise<Receiver> {
  const startedAtMs = performance.now();
  const output = openSync(logFile, 'a');
  const flags = await imageNodeFlags();
  const profile = profileDir === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(profileDir)}`];
  const receiver = spawnReceiver({
    args: [...flags, ...profile, entry, 'serve'],
    cwd: ROOT,
    env: { ...env, ...IMAGE_ENV, NODE_COMPILE_CACHE: path.join(path.dirname(logFile), 'compiled') },
    output,
    ownGroup: true,
  });
  closeSync(output);
  const logTail = async () => (await readFile(logFile, 'utf8')).slice(-LOG_TAIL_CHARACTERS);
  const isReady = async () => (await readFile(logFile, 'utf8')).includes('"service.ready"');
  while (!(await isReady())) {
    if (receiver.hasEnded() || performance.now() > startedAtMs + READY_WITHIN_MS) {
      throw new Error(`the receiver did not become ready:\n${await logTail()}`);
    }
    await setTimeout(READY_POLL_MS);
  }
  const stop = async () => {
    const exitCode = await receiver.stop(STOP_WITHIN_MS);
    if (exitCode !== 0) throw new Error(`the receiver did not stop with exit code 0:\n${await logTail()}`);
  };
  let stopped: Promise<void> | null = null;
  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    pid: receiver.child.pid ?? 0,
    readyAfterMs: performance.now() - startedAtMs,
    logTail,
    emptyLog: () => truncate(logFile),
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
