/**
 * The receiver as a process of its own, as the image starts it, whose every line is looked through as it comes and then forgotten: a flood
 * writes more than anybody would keep.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { nodeFlags } from '../start-line.ts';
import type { LeakScanner } from './leak-scan.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'src', 'main.ts');
const READY_WITHIN_MS = 40_000;
const STOP_WITHIN_MS = 15_000;
const KEPT_LINES = 20;

export interface Service {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** Lines it has written. */
  readonly lines: () => number;
  readonly bytes: () => number;
  readonly lastLines: () => readonly string[];
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

/** Resolves when it takes callbacks. Whoever calls stops it. */
export async function startService({ name, env, leakScanner }: ServiceOptions): Promise<Service> {
  const child = spawn(process.execPath, [...(await nodeFlags()), PROGRAM, 'serve'], {
    env: { ...env, MALLOC_ARENA_MAX: '2' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killHard = () => void child.kill('SIGKILL');
  process.once('exit', killHard);
  const closed = once(child, 'close').catch(() => undefined);
  let isEndWanted = false;
  let crash: string | null = null;
  const last: string[] = [];
  let lines = 0;
  let bytes = 0;
  const ready = Promise.withResolvers<number>();
  let port = 0;
  const read = (line: string): void => {
    lines += 1;
    bytes += line.length + 1;
    last.push(line);
    if (last.length > KEPT_LINES) last.shift();
    leakScanner.scan(`a line of ${name}`, line);
    if (port === 0 && line.includes('service.listening')) port = Number(new URL(JSON.parse(line).callbacks).port);
    if (line.includes('service.ready')) ready.resolve(port);
  };
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', read);
  void closed.then(() => {
    process.removeListener('exit', killHard);
    if (isEndWanted) return;
    crash = `${name} ended by itself (${child.signalCode ?? `exit code ${child.exitCode}`}): ${last.join('\n')}`;
    ready.reject(new Error(crash));
  });
  const timer = setTimeout(() => ready.reject(new Error(`${name} is not ready: ${last.join('\n')}`)), READY_WITHIN_MS);

  async function stop(): Promise<number | null> {
    isEndWanted = true;
    child.kill('SIGTERM');
    const late = setTimeout(killHard, STOP_WITHIN_MS);
    await closed;
    clearTimeout(late);
    return child.exitCode;
  }
  await ready.promise
    .catch(async (error: unknown) => {
      await stop();
      throw error;
    })
    .finally(() => clearTimeout(timer));
  const shown = { lines: () => lines, bytes: () => bytes, lastLines: () => last, crash: () => crash };
  return { name, pid: child.pid ?? 0, port, ...shown, stop };
}

/** What `config` prints with this environment. */
export async function readConfig(env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, 'config'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return out + complaints;
}
