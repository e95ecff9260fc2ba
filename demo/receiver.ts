/**
 * The receiver as a process of its own, started as an operator starts it. When it dies, its last words are in the error:
 * a demo that only says "not ready" helps nobody. It gets its own process group, so that Ctrl-C reaches it once, from here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

const KEPT_LINES = 20;
const READY_WITHIN_MS = 40_000;
const STOP_WITHIN_MS = 15_000;
const POLL_MS = 50;

export interface Receiver {
  /** Settles when `/readyz` answers 200; throws with the last log lines when the process dies or takes too long. */
  ready(signal: AbortSignal): Promise<void>;
  /** Asks it to stop and waits until it has; kills it when it does not. Returns the exit code, null after a kill. Safe to call twice. */
  stop(): Promise<number | null>;
  /** The last lines it wrote. */
  lastLines(): readonly string[];
}

export interface ReceiverOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly baseUrl: string;
}

/** Starts the process and returns at once. */
export function startReceiver({ command, cwd, env, baseUrl }: ReceiverOptions): Receiver {
  const child = spawn(process.execPath, command, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const ended = once(child, 'close');
  // A process that cannot even start has no exit; its error is reported by `ready`.
  ended.catch(() => undefined);
  const lines: string[] = [];
  keepLines(child.stdout, lines);
  keepLines(child.stderr, lines);
  const killHard = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', killHard);

  return {
    lastLines: () => lines,
    ready: async (signal) => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(READY_WITHIN_MS)]);
      while (!(await isReady(baseUrl, deadline))) {
        signal.throwIfAborted();
        if (hasEnded(child)) {
          // The exit may be known before the last lines are read.
          await ended.catch(() => undefined);
          throw new Error(lastWords(`The receiver ended with ${endOf(child)}`, lines));
        }
        if (deadline.aborted)
          throw new Error(lastWords(`The receiver was not ready in ${READY_WITHIN_MS / 1000} s`, lines));
        await wait(POLL_MS);
      }
    },
    stop: async () => {
      if (!hasEnded(child)) child.kill('SIGTERM');
      const timer = setTimeout(killHard, STOP_WITHIN_MS);
      await ended.catch(() => undefined);
      clearTimeout(timer);
      process.removeListener('exit', killHard);
      return child.exitCode;
    },
  };
}

async function isReady(baseUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${baseUrl}/readyz`, { signal });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}

function keepLines(stream: Readable | null, lines: string[]): void {
  if (stream === null) return;
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function endOf(child: ChildProcess): string {
  return child.signalCode === null ? `exit code ${child.exitCode ?? 'unknown'}` : `signal ${child.signalCode}`;
}

function lastWords(what: string, lines: readonly string[]): string {
  const words = lines.length === 0 ? ['(nothing)'] : lines;
  return [`${what}. Its last words:`, ...words.map((line) => `  ${line}`)].join('\n');
}
