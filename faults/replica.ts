/**
 * One replica: the receiver as a process of its own, started as an operator starts it, which can be killed as by a power
 * cut, started again, stopped in its tracks and continued. What it logs about attempts is kept over all its lives.
 *
 * It gets a process group of its own, so that Ctrl-C reaches it once, from here; and it never outlives this program.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createReplicaLog, type ReplicaLog } from './replica-log.ts';

const ROOT = join(import.meta.dirname, '..');
const READY_WITHIN_MS = 40_000;
/** Above SHUTDOWN_TIMEOUT_MS, which the receiver keeps by itself. */
const STOP_WITHIN_MS = 15_000;

export interface Replica {
  readonly name: string;
  readonly log: ReplicaLog;
  /** Of the callback listener; while the process is dead the last one, where nobody listens. */
  url(): string;
  /** Resolves when it takes callbacks; throws with its last words when it does not come to that. */
  start(): Promise<void>;
  /** SIGKILL, sent before this returns; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and claims and does nothing, not even fail. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** SIGTERM; resolves with the exit code, null when it had to be killed. */
  stop(): Promise<number | null>;
  /** How its lives ended that nobody here had asked to end. */
  readonly crashes: readonly string[];
  /** Of its lives so far. */
  readonly pids: readonly number[];
}

export interface ReplicaOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** The folder of the program to start, asked for each life. */
  program(): string;
}

interface Life {
  readonly child: ChildProcess;
  readonly closed: Promise<unknown>;
  isEndWanted: boolean;
}

/** One that runs this program in each of its lives. */
export function createReplica(name: string, env: Readonly<Record<string, string>>): Replica {
  return createReplicaOf({ name, env, program: () => ROOT });
}

export function createReplicaOf(options: ReplicaOptions): Replica {
  const { name } = options;
  const log = createReplicaLog();
  const crashes: string[] = [];
  const pids: number[] = [];
  let life: Life | null = null;

  async function start(): Promise<void> {
    const born = beBorn(options, log);
    life = born;
    if (born.child.pid !== undefined) pids.push(born.child.pid);
    void born.closed.then(() => {
      if (!born.isEndWanted) crashes.push(lastWords(name, born.child, log));
    });
    const isReady = await log.ready(born.closed, READY_WITHIN_MS);
    if (!isReady && !born.isEndWanted) throw new Error(lastWords(name, born.child, log));
  }

  /** The signal leaves before this function returns. */
  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (life === null) return null;
    const { child, closed } = life;
    life.isEndWanted = true;
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
    await closed;
    clearTimeout(timer);
    return child.exitCode;
  }

  return {
    name,
    log,
    crashes,
    pids,
    url: () => log.url(),
    start,
    kill: async () => void (await end('SIGKILL')),
    freeze: () => void life?.child.kill('SIGSTOP'),
    thaw: () => void life?.child.kill('SIGCONT'),
    stop: () => end('SIGTERM'),
  };
}

function beBorn({ env, program }: ReplicaOptions, log: ReplicaLog): Life {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    cwd: program(),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const killHard = () => void child.kill('SIGKILL');
  process.once('exit', killHard);
  log.follow(child.stdout, child.stderr);
  // A process that cannot even start has no `close`.
  const closed = once(child, 'close').catch(() => undefined);
  void closed.then(() => process.removeListener('exit', killHard));
  return { child, closed, isEndWanted: false };
}

function lastWords(name: string, child: ChildProcess, log: ReplicaLog): string {
  const end = child.signalCode ?? `exit code ${child.exitCode ?? 'none, it is not ready'}`;
  return [`${name} ended by itself (${end}). Its last words:`, ...log.lastLines().map((line) => `  ${line}`)].join(
    '\n',
  );
}
