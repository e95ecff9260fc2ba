/** The program as an operator runs it: a process of its own with nothing but the given environment, and what came of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import type { LogLine } from '../helpers/service.ts';
import { waitUntil } from './wait.ts';

const PROGRAM = path.resolve(import.meta.dirname, '..', '..', 'src', 'main.ts');

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly hasEnded: () => boolean;
  /** The log so far, for commands that write one. */
  log(): LogLine[];
  /** Resolves with the first log line of this event; rejects when the program has ended without one. */
  line(event: string): Promise<LogLine>;
}

/** Starts `node src/main.ts` with these arguments. What still runs after the test is killed. */
export function runProgram(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Run {
  // Of our own environment only what a program needs to run at all.
  const { PATH = '', TMPDIR = '/tmp' } = process.env;
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { PATH, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  let isOver = false;
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = once(child, 'close').then(() => {
    isOver = true;
    return { code: child.exitCode, stdout, stderr };
  });
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const log = () => linesOf(stdout);
  return {
    child,
    ended,
    hasEnded: () => isOver,
    log,
    async line(event) {
      const find = () => log().find((line) => line.event === event);
      await waitUntil(async () => isOver || find() !== undefined);
      const line = find();
      if (line === undefined) throw new Error(`no log line ${event}: ${stdout}${stderr}`);
      return line;
    },
  };
}

function linesOf(text: string): LogLine[] {
  // The last piece is empty, or not complete yet.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
