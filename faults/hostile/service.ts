/**
 * Runs the receiver as a process of its own, as the image starts it. Every line is searched as it arrives and then
 * dropped: a flood writes more than the runner could keep.
 */
import { text } from 'node:stream/consumers';
import { IMAGE_ENV, imageNodeFlags } from '../../test/harness/image-entrypoint.ts';
import { followLog, PROGRAM, spawnReceiver, withLastLines } from '../../test/harness/receiver-process.ts';
import type { LeakScanner } from './leak-scan.ts';

export interface Service {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Lines it has written. */
  readonly lines: () => number;
  readonly bytes: () => number;
  /** How it ended by itself, or null. */
  readonly crash: () => string | null;
  /** SIGTERM; resolves with the exit code, null when it had to be killed. Safe to call again. */
  stop(): Promise<number | null>;
}

export interface ServiceOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  readonly leakScanner: LeakScanner;
}

/** Resolves when it takes callbacks. The caller stops it. */
export async function startService({ name, env, leakScanner }: ServiceOptions): Promise<Service> {
  const args = [...(await imageNodeFlags()), PROGRAM, 'serve'];
  const receiver = spawnReceiver({ args, env: { ...env, ...IMAGE_ENV }, ownGroup: true });
  let lines = 0;
  let bytes = 0;
  const log = followLog(receiver, (line) => {
    lines += 1;
    bytes += line.length + 1;
    leakScanner.scan(`a line of ${name}`, line);
  });
  let crash: string | null = null;
  void receiver.closed.then(() => {
    if (receiver.isStopExpected()) return;
    crash = withLastLines(`${name} ended by itself (${receiver.describeEnd()})`, log.lastLines());
  });
  const url = await log.ready().catch(async (error: unknown) => {
    await receiver.stop();
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  });
  return {
    name,
    pid: receiver.child.pid ?? 0,
    port: Number(new URL(url).port),
    lines: () => lines,
    bytes: () => bytes,
    crash: () => crash,
    stop: () => receiver.stop(),
  };
}

/** Returns what `config` prints with this environment, stdout and stderr. */
export async function readConfig(env: Readonly<Record<string, string>>): Promise<string> {
  const { child } = spawnReceiver({ args: [PROGRAM, 'config'], env });
  const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map((stream) => stream && text(stream)));
  return `${stdout}${stderr}`;
}
