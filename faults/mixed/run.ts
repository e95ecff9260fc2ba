/**
 * Runs `mixed` once: starts everything; sends callbacks while it injects faults; lets the rest be accepted and
 * delivered without faults, and replays dead letters; stops the receivers; then reads and checks everything.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Terminal } from '../../src/commands/command.ts';
import { waitUntil, withTimeout } from '../../test/harness/wait.ts';
import { DELIVERIES } from '../../test/helpers/delivery-states.ts';
import { leaksOf, stopAll } from '../replica.ts';
import { findLeaks, readStored } from '../replicas/evidence.ts';
import { countViolations } from '../replicas/violations.ts';
import type { Findings } from '../report.ts';
import type { RunContext } from '../scenario.ts';
import { figuresOf } from './figures.ts';
import { type MixedLoad, runLoads } from './load.ts';
import { runFaults, type SchedulerOptions } from './scheduler.ts';
import { startTestbed, type Testbed } from './testbed.ts';
import { type MixedEvidence, mixedVerdicts, toReplicasEvidence } from './verdicts.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Time for the rest after the last fault: probes of a webhook that was down are up to a minute apart. */
const FINISH_TIMEOUT_MS = 180_000;
const PROGRESS_EVERY_MS = 5_000;
/** Time for aborted work to end. */
const ABORT_TIMEOUT_MS = 15_000;
const COMMAND_WITHIN_MS = 60_000;
const COUNT = `select count(*)::int as count from ${DELIVERIES} d where state = any($1)`;

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runMixed(options: SchedulerOptions, { cleanup, terminal }: RunContext): Promise<Findings> {
  const interrupted = terminal.stop ?? new AbortController().signal;
  const late = new AbortController();
  const testbed = await startTestbed(AbortSignal.any([interrupted, late.signal]), cleanup);
  interrupted.throwIfAborted();
  terminal.printError('  Everything runs. Callbacks and faults begin.');

  const startedAtMs = performance.now();
  const ended = new AbortController();
  const load = runLoads(testbed, { seed: options.seed, faultsEnded: AbortSignal.any([testbed.signal, ended.signal]) });
  const endProgress = reportProgress(terminal, testbed, load);
  const faultLog = await runFaults(testbed, options).finally(() => ended.abort());
  terminal.printError('  The faults are over. The rest is delivered without faults.');
  const timer = setTimeout(() => late.abort(), FINISH_TIMEOUT_MS);
  await withTimeout(FINISH_TIMEOUT_MS + ABORT_TIMEOUT_MS, 'sending', load.done);
  const replayed = await finish(testbed);
  clearTimeout(timer);
  endProgress();
  interrupted.throwIfAborted();
  const durationMs = performance.now() - startedAtMs;

  const crashes = await stopAll(testbed.replicas);
  const stored = await readStored(testbed.database);
  const evidence: MixedEvidence = {
    planned: load.planned(),
    sent: load.sent(),
    ...stored,
    received: testbed.merchant.received,
    lines: testbed.replicas.flatMap(({ log }) => log.attempts),
    crashes,
    leaks: [...leaksOf(testbed.replicas), ...(await findLeaks(testbed.database, testbed.secrets))],
    faultLog,
    requested: options.faults.map(({ name }) => name),
  };
  const figures = figuresOf(evidence, { kills: testbed.kills, replayed, durationMs });
  const faults = options.faults.map(({ name }) => ({
    name,
    survived: faultLog.survived.get(name) ?? 0,
    skipped: faultLog.skipped.get(name) ?? null,
  }));
  const found = {
    figures,
    faults,
    verdicts: mixedVerdicts(evidence),
    violationCounts: countViolations(toReplicasEvidence(evidence)),
  };
  return { scenario: 'mixed', seed: options.seed, ...found };
}

/** Waits until everything is delivered; replays dead letters as an operator would. Resolves with their number. */
async function finish(testbed: Testbed): Promise<number> {
  const { database, signal } = testbed;
  const count = async (states: readonly string[]): Promise<number> => {
    const rows = await database.query<{ count: number }>(COUNT, [states]);
    return rows[0]?.count ?? 0;
  };
  let replayed = 0;
  while (!signal.aborted) {
    await waitUntil(async () => (await count(['pending', 'delivering'])) === 0, FINISH_TIMEOUT_MS, signal);
    const dead = await count(['dead_letter']);
    if (dead === 0) break;
    replayed += dead;
    const args = ['src/main.ts', 'replay', '--state', 'dead_letter'];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: testbed.env, timeout: COMMAND_WITHIN_MS });
  }
  return replayed;
}

function reportProgress({ printError }: Terminal, { kills, merchant, ongoing }: Testbed, load: MixedLoad): () => void {
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAtMs) / 1000);
    const received = `the merchant received ${merchant.received.length} requests`;
    const now = [...ongoing].map(({ description }) => description).join(', ') || 'no fault';
    printError(`  ${seconds} s: ${load.sent().length} callbacks sent, ${received}, ${kills.total} kills; now: ${now}`);
  }, PROGRESS_EVERY_MS);
  return () => clearInterval(timer);
}
