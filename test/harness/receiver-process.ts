/**
 * Runs the program as a process of its own, as an operator starts it: nothing but the given environment, a signal to
 * stop it, its last lines when it fails. Tests, fault runs, benchmark and demo all start it here.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = path.resolve(import.meta.dirname, '..', '..');
export const PROGRAM = path.join(ROOT, 'src', 'main.ts');

/** More than SHUTDOWN_TIMEOUT_MS, which the receiver observes by itself. */
const STOP_WITHIN_MS = 15_000;
const READY_WITHIN_MS = 40_000;
const KEPT_LINES = 20;
/** The last one lets a process load what an earlier one has compiled: half the time of its start. */
const BARE_NAMES = ['PATH', 'TMPDIR', 'NODE_COMPILE_CACHE'];
const BASE_NAMES = [...BARE_NAMES, 'HOME', 'LANG'];

/** Returns what a program needs to run at all. Settings of the receiver in the environment of the machine stay out. */
export function baseEnvironment(): Record<string, string> {
  return environmentOf(BASE_NAMES);
}

/** Returns the environment of a program that nobody has logged in for: without a home folder and a language. */
export function bareEnvironment(): Record<string, string> {
  return environmentOf(BARE_NAMES);
}

function environmentOf(names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

export interface ProcessOptions {
  /** Arguments of Node: its flags, the program and its command. Default: `src/main.ts serve`. */
  readonly args?: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** A file descriptor for stdout and stderr. Default: pipes. */
  readonly output?: number;
  /**
   * Gives it a process group of its own, so that Ctrl-C reaches only its parent, which stops it. It is killed when the
   * parent exits.
   */
  readonly ownGroup?: boolean;
}

export interface ReceiverProcess {
  readonly child: ChildProcess;
  /** Resolves when the process has ended and its output is read, also when it could not start. */
  readonly closed: Promise<void>;
  hasEnded(): boolean;
  /** True once `stop` or `kill` was called: an end before that is a crash. */
  isStopExpected(): boolean;
  /** `exit code 78` or `signal SIGKILL`. */
  describeEnd(): string;
  /** Sends SIGKILL before it returns, as a power cut would. Resolves when the process is gone. */
  kill(): Promise<void>;
  /**
   * Sends SIGTERM before it returns, and SIGKILL after `limitMs`. Resolves with the exit code, null after a signal.
   * Safe to call again.
   */
  stop(limitMs?: number): Promise<number | null>;
}

/** Starts the process and returns at once. The caller stops it. */
export function spawnReceiver(options: ProcessOptions): ReceiverProcess {
  const { args = [PROGRAM, 'serve'], cwd, env, output = 'pipe', ownGroup = false } = options;
  const spawnOptions: SpawnOptions = { env, stdio: ['ignore', output, output], detached: ownGroup };
  const child = spawn(process.execPath, args, cwd === undefined ? spawnOptions : { ...spawnOptions, cwd });
  const killNow = () => void child.kill('SIGKILL');
  if (ownGroup) process.once('exit', killNow);
  // A process that cannot even start emits `error` instead.
  const closed = once(child, 'close')
    .catch(() => undefined)
    .then(() => void process.removeListener('exit', killNow));
  let isStopExpected = false;
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
  return {
    child,
    closed,
    hasEnded,
    isStopExpected: () => isStopExpected,
    describeEnd: () =>
      child.signalCode === null ? `exit code ${child.exitCode ?? 'unknown'}` : `signal ${child.signalCode}`,
    kill() {
      isStopExpected = true;
      killNow();
      return closed;
    },
    async stop(limitMs = STOP_WITHIN_MS) {
      isStopExpected = true;
      if (!hasEnded()) child.kill('SIGTERM');
      const timer = setTimeout(killNow, limitMs);
      await closed;
      clearTimeout(timer);
      return child.exitCode;
    },
  };
}

export interface ReceiverLog {
  /** http://host:port of the callback listener; empty until it listens. */
  url(): string;
  /** At most 20. */
  lastLines(): readonly string[];
  /**
   * Resolves with `url()` when the receiver takes callbacks. Rejects with its last lines when it ends before, or when
   * it is not ready after 40 s.
   */
  ready(): Promise<string>;
}

/** Reads every line of stdout and stderr and calls `onLine` for each. */
export function followLog(
  receiver: ReceiverProcess,
  onLine: (line: string, stream: 'stdout' | 'stderr') => void = () => undefined,
): ReceiverLog {
  const last: string[] = [];
  let url = '';
  const readiness = Promise.withResolvers<string>();
  // `ready` is not always called.
  readiness.promise.catch(() => undefined);
  const read = (line: string, stream: 'stdout' | 'stderr') => {
    last.push(line);
    if (last.length > KEPT_LINES) last.shift();
    onLine(line, stream);
    if (stream === 'stderr') return;
    if (url === '' && line.includes('"service.listening"')) url = String(JSON.parse(line).callbacks);
    if (line.includes('"service.ready"')) readiness.resolve(url);
  };
  for (const stream of ['stdout', 'stderr'] as const) {
    const input = receiver.child[stream];
    if (input !== null) createInterface({ input }).on('line', (line) => read(line, stream));
  }
  void receiver.closed.then(() =>
    readiness.reject(new Error(withLastLines(`The receiver ended with ${receiver.describeEnd()}`, last))),
  );
  return {
    url: () => url,
    lastLines: () => last,
    async ready() {
      const timer = setTimeout(() => {
        const message = `The receiver was not ready after ${READY_WITHIN_MS / 1_000} s`;
        readiness.reject(new Error(withLastLines(message, last)));
      }, READY_WITHIN_MS);
      return readiness.promise.finally(() => clearTimeout(timer));
    },
  };
}

/** Appends the last lines to `message`, so that an error shows why a process failed. */
export function withLastLines(message: string, lines: readonly string[]): string {
  const shown = lines.length === 0 ? ['(nothing)'] : lines;
  return [`${message}. Its last lines:`, ...shown.map((line) => `  ${line}`)].join('\n');
}
