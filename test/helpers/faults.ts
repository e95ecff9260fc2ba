/** The program behind `npm run faults`, as a process with a temporary folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { baseEnvironment } from '../harness/receiver-process.ts';

const ROOT = join(import.meta.dirname, '..', '..');

export interface FaultsRun {
  /** Where whatever it leaves behind can be seen. */
  readonly folder: string;
  /** As Ctrl-C does. */
  interrupt(): void;
  /** Resolves when it has written such a line on standard error. */
  said(pattern: RegExp): Promise<void>;
  /** Resolves when it has ended. */
  end(): Promise<{ readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** Starts it; after the test it is ended, and its folder removed. */
export async function startFaults(t: TestContext, args: readonly string[]): Promise<FaultsRun> {
  const folder = await mkdtemp(join(tmpdir(), 'faults-'));
  const env = { ...baseEnvironment(), TMPDIR: folder };
  const child = spawn(process.execPath, ['faults/main.ts', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  const complaints: string[] = [];
  const reader = createInterface({ input: child.stderr }).on('line', (line) => complaints.push(line));
  const output = text(child.stdout);
  return {
    folder,
    interrupt: () => void child.kill('SIGINT'),
    async said(pattern) {
      while (!complaints.some((line) => pattern.test(line))) await once(reader, 'line');
    },
    async end() {
      await ended;
      return { exitCode: child.exitCode, stdout: await output, stderr: complaints.join('\n') };
    },
  };
}
