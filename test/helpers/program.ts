/** Runs a command of the program as an operator does, in a process with nothing but the given environment. */
import type { ChildProcess } from 'node:child_process';
import type { TestContext } from 'node:test';
import { bareEnvironment, PROGRAM, spawnReceiver } from '../harness/receiver-process.ts';
import { waitUntil } from '../harness/wait.ts';
import type { LogLine } from './service.ts';

export interface ExitResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<ExitResult>;
  readonly hasEnded: () => boolean;
  /** The log so far, for commands that write one. */
  log(): LogLine[];
  /** Resolves with the first log line of this event; rejects when the program has ended without one. */
  line(event: string): Promise<LogLine>;
}

/** Starts `node src/main.ts` with these arguments. A process that still runs after the test is killed. */
export function runProgram(t: TestContext, args: readonly string[], env: Record<string, string> = {}): Run {
  const { child, closed, kill } = spawnReceiver({ args: [PROGRAM, ...args], env: { ...bareEnvironment(), ...env } });
  t.after(kill);
  let stdout = '';
  let stderr = '';
  let isOver = false;
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = closed.then(() => {
    isOver = true;
    return { code: child.exitCode, stdout, stderr };
  });
  const log = () => parseLines(stdout);
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

function parseLines(text: string): LogLine[] {
  // The last piece is empty, or an incomplete line.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
