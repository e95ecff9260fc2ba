/**
 * One run of `replicas`, from nothing to findings: Postgres, merchant and replicas start; load and troubles go on together;
 * what is left is delivered in peace; the replicas stop as asked; then everything is read and judged.
 */

import { setMaxListeners } from 'node:events';
import type { Terminal } from '../../src/commands/command.ts';
import { waitUntil } from '../../test/harness/wait.ts';
import { ATTEMPTS } from '../../test/helpers/delivery-states.ts';
import type { SharedDatabase } from '../database.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import { LEASE_MS } from '../receiver-env.ts';
import { stopAll } from '../replica.ts';
import type { Findings } from '../report.ts';
import { type Evidence, readKept } from './evidence.ts';
import { faultsOf, figuresOf } from './figures.ts';
import { playLoad } from './load.ts';
import { planLoad } from './load-plan.ts';
import { makeTrouble, type Rhythm } from './process-faults.ts';
import { reportProgress } from './progress.ts';
import { commitHasBegun } from './slow-commit.ts';
import { startWorld, type World } from './testbed.ts';
import { judge } from './verdicts.ts';
import { tollOf } from './violations.ts';

export interface RunOptions extends Rhythm {
  readonly seed: number;
  readonly events: number;
  readonly payments: number;
  readonly replicas: number;
  readonly eventsPerSecond: number;
}

interface Surroundings {
  readonly cleanUps: CleanUps;
  readonly terminal: Terminal;
}

/** Below this a run sees no long stop. */
const MIN_SPAN_MS = 10_000;
/** On top of the run's own length; far beyond what a healthy one needs. */
const PATIENCE_MS = 120_000;

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runReplicas(options: RunOptions, { cleanUps, terminal }: Surroundings): Promise<Findings> {
  const interrupted = terminal.stop ?? new AbortController().signal;
  const world = await startWorld(options, cleanUps);
  interrupted.throwIfAborted();
  terminal.printError('  All replicas run. Callbacks and troubles begin.');

  const startedAtMs = performance.now();
  const { sent, troubles } = await playAll(options, world, { interrupted, terminal });
  await waitUntil(() => isFinished(world.database), PATIENCE_MS, interrupted);
  interrupted.throwIfAborted();
  const durationMs = performance.now() - startedAtMs;

  const crashes = await stopAll(world.replicas);
  const kept = await readKept(world.database);
  const lines = world.replicas.flatMap(({ log }) => log.attempts);
  const { arrivals } = world.merchant;
  const evidence: Evidence = { planned: options.events, sent, ...kept, arrivals, lines, troubles, crashes };
  const webhookDowns = world.replicas.reduce((sum, { log }) => sum + log.count('webhook.down'), 0);
  const figures = figuresOf(evidence, { replicas: options.replicas, webhookDowns, durationMs });
  const found = { figures, faults: faultsOf(evidence), verdicts: judge(evidence), toll: tollOf(evidence) };
  return { scenario: 'replicas', seed: options.seed, ...found };
}

interface Play {
  readonly interrupted: AbortSignal;
  readonly terminal: Terminal;
}

/** Load and troubles. The troubles end with the load; a trouble that fails ends the load. */
async function playAll(options: RunOptions, { database, merchant, replicas, salt }: World, play: Play) {
  const spanMs = Math.max(MIN_SPAN_MS, Math.round((options.events / options.eventsPerSecond) * 1000));
  const failed = new AbortController();
  const ended = new AbortController();
  const signal = AbortSignal.any([play.interrupted, failed.signal, AbortSignal.timeout(spanMs + PATIENCE_MS)]);
  const troubleSignal = AbortSignal.any([signal, ended.signal]);
  // Every payment waits on its own.
  for (const shared of [signal, troubleSignal]) setMaxListeners(0, shared);

  const load = playLoad({
    plan: planLoad({ ...options, spanMs }),
    seed: options.seed,
    salt,
    replicas,
    hasCommitBegun: (slowId, over) => commitHasBegun(database, slowId, over),
    signal,
  });
  const trouble = makeTrouble({
    ...options,
    replicas,
    merchant,
    leaseMs: LEASE_MS,
    isWrittenDown: ({ webhookId, attempt }) => isWrittenDown(database, webhookId, attempt),
    signal: troubleSignal,
  });
  trouble.done.catch(() => failed.abort());
  const endProgress = reportProgress(play.terminal, { events: options.events, load, merchant, trouble });
  await load.done;
  ended.abort();
  await trouble.done.finally(endProgress);
  return { sent: load.sent, troubles: trouble.troubles };
}

async function isWrittenDown({ query }: SharedDatabase, webhookId: string, attempt: number): Promise<boolean> {
  const rows = await query(
    `select from ${ATTEMPTS} a join events e using (sequence) where 'evt_' || e.id = $1 and a.number = $2`,
    [webhookId, attempt],
  );
  return rows.length > 0;
}

async function isFinished({ query }: SharedDatabase): Promise<boolean> {
  const rows = await query('select from outbox limit 1');
  return rows.length === 0;
}
