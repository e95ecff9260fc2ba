/**
 * Runs `replicas` once: starts Postgres, merchant and replicas; sends callbacks while it injects process faults; lets
 * the rest be delivered without faults; stops the replicas; then reads and checks everything.
 */
import { setMaxListeners } from 'node:events';
import type { Terminal } from '../../src/commands/command.ts';
import { waitUntil } from '../../test/harness/wait.ts';
import { ATTEMPTS } from '../../test/helpers/delivery-states.ts';
import type { SharedDatabase } from '../database.ts';
import { LEASE_MS } from '../receiver-env.ts';
import { leaksOf, stopAll } from '../replica.ts';
import type { Findings } from '../report.ts';
import type { RunContext } from '../scenario.ts';
import { type Evidence, findLeaks, readStored } from './evidence.ts';
import { faultsOf, figuresOf } from './figures.ts';
import { runLoad } from './load.ts';
import { planLoad } from './load-plan.ts';
import { type FaultIntervals, injectProcessFaults } from './process-faults.ts';
import { reportProgress } from './progress.ts';
import { commitHasBegun } from './slow-commit.ts';
import { startTestbed, type Testbed } from './testbed.ts';
import { verdictsOf } from './verdicts.ts';
import { countViolations } from './violations.ts';

export interface RunOptions extends FaultIntervals {
  readonly seed: number;
  readonly events: number;
  readonly payments: number;
  readonly replicas: number;
  readonly eventsPerSecond: number;
}

/** A shorter run would see no long stop. */
const MIN_SPAN_MS = 10_000;
/** Added to the run's own length; far more than a healthy run needs. */
const EXTRA_TIMEOUT_MS = 120_000;

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runReplicas(options: RunOptions, { cleanup, terminal }: RunContext): Promise<Findings> {
  const interrupted = terminal.stop ?? new AbortController().signal;
  const testbed = await startTestbed(options, cleanup);
  interrupted.throwIfAborted();
  terminal.printError('  All replicas run. Callbacks and faults begin.');

  const startedAtMs = performance.now();
  const { sent, processFaults } = await runLoadAndFaults(options, testbed, { interrupted, terminal });
  await waitUntil(() => isFinished(testbed.database), EXTRA_TIMEOUT_MS, interrupted);
  interrupted.throwIfAborted();
  const durationMs = performance.now() - startedAtMs;

  const crashes = await stopAll(testbed.replicas);
  const stored = await readStored(testbed.database);
  const lines = testbed.replicas.flatMap(({ log }) => log.attempts);
  const { received } = testbed.merchant;
  const leaks = [...leaksOf(testbed.replicas), ...(await findLeaks(testbed.database, testbed.secrets))];
  const found = { received, lines, processFaults, crashes, leaks };
  const evidence: Evidence = { planned: options.events, sent, ...stored, ...found };
  const webhookDowns = testbed.replicas.reduce((sum, { log }) => sum + log.count('webhook.down'), 0);
  const figures = figuresOf(evidence, { replicas: options.replicas, webhookDowns, durationMs });
  return {
    scenario: 'replicas',
    seed: options.seed,
    figures,
    faults: faultsOf(evidence),
    verdicts: verdictsOf(evidence),
    violationCounts: countViolations(evidence),
  };
}

interface Interruption {
  readonly interrupted: AbortSignal;
  readonly terminal: Terminal;
}

/** Runs load and faults together. The faults end with the load; a replica that does not restart ends the load. */
async function runLoadAndFaults(
  options: RunOptions,
  { database, merchant, replicas, secrets }: Testbed,
  { interrupted, terminal }: Interruption,
) {
  const spanMs = Math.max(MIN_SPAN_MS, Math.round((options.events / options.eventsPerSecond) * 1000));
  const failed = new AbortController();
  const ended = new AbortController();
  const signal = AbortSignal.any([interrupted, failed.signal, AbortSignal.timeout(spanMs + EXTRA_TIMEOUT_MS)]);
  const faultSignal = AbortSignal.any([signal, ended.signal]);
  // Every payment adds its own listeners.
  for (const shared of [signal, faultSignal]) setMaxListeners(0, shared);

  const load = runLoad({
    plan: planLoad({ ...options, spanMs }),
    seed: options.seed,
    secrets,
    replicas,
    hasCommitBegun: (slowId, over) => commitHasBegun(database, slowId, over),
    signal,
  });
  const faultRun = injectProcessFaults({
    ...options,
    replicas,
    merchant,
    leaseMs: LEASE_MS,
    isRecorded: ({ webhookId, attempt }) => isRecorded(database, webhookId, attempt),
    signal: faultSignal,
  });
  faultRun.done.catch(() => failed.abort());
  const endProgress = reportProgress(terminal, { events: options.events, load, merchant, faultRun });
  await load.done;
  ended.abort();
  await faultRun.done.finally(endProgress);
  return { sent: load.sent, processFaults: faultRun.processFaults };
}

async function isRecorded({ query }: SharedDatabase, webhookId: string, attempt: number): Promise<boolean> {
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
