/**
 * Runs one replica as a process of its own. It can be killed as by a power cut, started again, suspended and continued.
 * Its log of attempts covers all its runs.
 *
 * Each process has a process group of its own, so that Ctrl-C reaches only the runner. None outlives the runner.
 */
import { type ReceiverProcess, ROOT, spawnReceiver, withLastLines } from '../test/harness/receiver-process.ts';
import { createReplicaLog, type ReplicaLog } from './replica-log.ts';

const READY_WITHIN_MS = 120_000;

export interface Replica {
  readonly name: string;
  readonly log: ReplicaLog;
  /** Of the callback listener. While the process is dead, the address of its last run, where nothing listens. */
  url(): string;
  /** Resolves when it takes callbacks. Throws with its last lines when it does not get there. */
  start(): Promise<void>;
  /** SIGKILL, sent before this returns; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections and claims and does nothing, not even fail. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** SIGTERM; resolves with the exit code, null when it had to be killed. */
  stop(): Promise<number | null>;
  /** How each run ended that neither `kill` nor `stop` had ended. */
  readonly crashes: readonly string[];
  /** Process ids of its runs so far. */
  readonly pids: readonly number[];
}

export interface ReplicaOptions {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** What no line of its log may hold, by names (nothing). */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Returns the folder of the program, asked for each run. Default: this repository. */
  program?(): string;
}

/** Creates a replica that does not run yet. */
export function createReplica({ name, env, secrets = {}, program = () => ROOT }: ReplicaOptions): Replica {
  const log = createReplicaLog(secrets);
  const crashes: string[] = [];
  const pids: number[] = [];
  let current: ReceiverProcess | null = null;

  const crashOf = (run: ReceiverProcess) => {
    const end = run.hasEnded() ? run.describeEnd() : 'none, it is not ready';
    return withLastLines(`${name} ended by itself (${end})`, log.lastLines());
  };

  async function start(): Promise<void> {
    const run = spawnReceiver({ args: ['src/main.ts', 'serve'], cwd: program(), env, ownGroup: true });
    current = run;
    const { child, closed, isStopExpected } = run;
    if (child.stdout !== null && child.stderr !== null) log.follow(child.stdout, child.stderr);
    if (child.pid !== undefined) pids.push(child.pid);
    void closed.then(() => {
      if (!isStopExpected()) crashes.push(crashOf(run));
    });
    const isReady = await log.ready(closed, READY_WITHIN_MS);
    if (!isReady && !isStopExpected()) throw new Error(crashOf(run));
  }

  return {
    name,
    log,
    crashes,
    pids,
    url: () => log.url(),
    start,
    kill: async () => current?.kill(),
    freeze: () => void current?.child.kill('SIGSTOP'),
    thaw: () => void current?.child.kill('SIGCONT'),
    stop: async () => (await current?.stop()) ?? null,
  };
}

/**
 * Stops all replicas at once. Returns the crashes of their runs, and each replica that did not stop with exit code 0.
 */
export async function stopAll(replicas: readonly Replica[]): Promise<string[]> {
  const endings = await Promise.all(replicas.map(async ({ name, stop }) => ({ name, exitCode: await stop() })));
  return [
    ...replicas.flatMap(({ crashes }) => crashes),
    ...endings
      .filter(({ exitCode }) => exitCode !== 0)
      .map(({ name, exitCode }) => `${name} did not stop on SIGTERM: exit code ${exitCode ?? 'none, it was killed'}`),
  ];
}

/** Returns which secrets were in the log of which replica. */
export function leaksOf(replicas: readonly Replica[]): string[] {
  return replicas.flatMap(({ name, log }) => [...log.leaks].map((secret) => `the log of ${name}: ${secret}`));
}
