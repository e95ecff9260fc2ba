/** Runs `reconcile` as an operator does, in processes of its own, two at once, while replicas are killed. */

import { between, type Range, randomFor } from '../../test/harness/random.ts';
import { followLog, ROOT, spawnReceiver } from '../../test/harness/receiver-process.ts';
import { sleep } from '../../test/harness/wait.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import type { Kills } from './kills.ts';

export interface ReconcileRun {
  readonly exitCode: number | null;
  /** True when it was killed on purpose. */
  readonly wasKilled: boolean;
  readonly missed: number;
  readonly lines: readonly string[];
}

export interface ReconcilingOptions {
  readonly seed: number;
  readonly env: Readonly<Record<string, string>>;
  readonly kills: Kills;
  readonly signal: AbortSignal;
  readonly cleanup: Cleanup;
  /** True once everything that has to be found is stored. */
  isComplete(): Promise<boolean>;
  /** Before anything happened. */
  readonly since: Date;
}

/** Within it everything has to be found; far more than a healthy run needs. */
const WITHIN_MS = 180_000;
const KILL_AFTER_MS: Range = [300, 2_000];
const PAUSE_MS = 2_000;

/**
 * Runs two at once until everything is found, the first time with one of the two killed and a replica as well. Then
 * everything is asked for once more, from the beginning: nothing may be reported again.
 */
export async function reconcileUntilComplete(options: ReconcilingOptions): Promise<readonly ReconcileRun[]> {
  const { seed, kills, signal, isComplete, since } = options;
  const random = randomFor(seed, 'reconciling');
  const runs: ReconcileRun[] = [];
  const deadlineMs = performance.now() + WITHIN_MS;
  for (let round = 0; round === 0 || (!(await isComplete()) && performance.now() < deadlineMs); round += 1) {
    if (round > 0 && !(await sleep(PAUSE_MS, signal))) return runs;
    const waits = [between(random, KILL_AFTER_MS), between(random, KILL_AFTER_MS)] as const;
    const killed = round === 0 ? reconcile(options, { killAfterMs: waits[0] }) : reconcile(options, {});
    const hit = round === 0 ? sleep(waits[1], signal).then(kills.kill) : Promise.resolve();
    const [first, second] = await Promise.all([killed, reconcile(options, {}), hit]);
    runs.push(first, second);
  }
  const again = { since };
  runs.push(...(await Promise.all([reconcile(options, again), reconcile(options, again)])));
  return runs;
}

interface RunOptions {
  readonly killAfterMs?: number;
  readonly since?: Date;
}

async function reconcile(
  { env, signal, cleanup }: ReconcilingOptions,
  { killAfterMs, since }: RunOptions,
): Promise<ReconcileRun> {
  const sinceArgs = since === undefined ? [] : ['--since', since.toISOString()];
  const args = ['src/main.ts', 'reconcile', '--json', ...sinceArgs];
  const run = spawnReceiver({ args, cwd: ROOT, env, ownGroup: true });
  cleanup.push(() => run.kill());
  const out: string[] = [];
  const { lastLines } = followLog(run, (line, stream) => {
    if (stream === 'stdout') out.push(line);
  });
  const over = new AbortController();
  const stopped = AbortSignal.any([signal, over.signal]);
  if (killAfterMs !== undefined) {
    void sleep(killAfterMs, stopped).then((isDue) => (isDue ? run.kill() : undefined));
  }
  signal.addEventListener('abort', () => void run.kill(), { once: true });
  await run.closed;
  over.abort();
  return {
    exitCode: run.child.exitCode,
    wasKilled: run.isStopExpected(),
    missed: missedIn(out),
    lines: lastLines(),
  };
}

function missedIn(out: readonly string[]): number {
  const [document] = out;
  if (document === undefined) return 0;
  const { missed }: { readonly missed?: number } = JSON.parse(document);
  return missed ?? 0;
}
