/**
 * One run of `mixed`: everything starts; callbacks and faults go on together; what is left is taken and delivered in
 * peace, what became a dead letter is sent again; the receivers stop as asked; then everything is read and judged.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Terminal } from '../../src/commands/command.ts';
import { waitUntil, withTimeout } from '../../test/harness/wait.ts';
import { DELIVERIES } from '../../test/helpers/delivery-states.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import { stopAll } from '../replica.ts';
import { readKept } from '../replicas/evidence.ts';
import { tollOf } from '../replicas/violations.ts';
import type { Findings } from '../report.ts';
import { figuresOf } from './figures.ts';
import { playRounds, type Rounds } from './load.ts';
import { breakThings, type LaneOptions } from './scheduler.ts';
import { startWorld, type World } from './testbed.ts';
import { asRead, judgeMixed, type MixedEvidence } from './verdicts.ts';

interface Surroundings {
  readonly cleanUps: CleanUps;
  readonly terminal: Terminal;
}

const ROOT = join(import.meta.dirname, '..', '..');
/** After the last fault: the probes of a webhook that was down are up to a minute apart. */
const PEACE_MS = 180_000;
const PROGRESS_EVERY_MS = 5_000;
/** For what is told to end. */
const ENDING_MS = 15_000;
const COMMAND_WITHIN_MS = 60_000;
const COUNT = `select count(*)::int as count from ${DELIVERIES} d where state = any($1)`;

/** Throws when the terminal asks to stop, or when something does not start. */
export async function runMixed(options: LaneOptions, { cleanUps, terminal }: Surroundings): Promise<Findings> {
  const interrupted = terminal.stop ?? new AbortController().signal;
  const late = new AbortController();
  const world = await startWorld(AbortSignal.any([interrupted, late.signal]), cleanUps);
  interrupted.throwIfAborted();
  terminal.printError('  Everything runs. Callbacks and faults begin.');

  const startedAtMs = performance.now();
  const ended = new AbortController();
  const rounds = playRounds(world, { seed: options.seed, faultsEnded: AbortSignal.any([world.signal, ended.signal]) });
  const endProgress = reportProgress(terminal, world, rounds);
  const happenings = await breakThings(world, options).finally(() => ended.abort());
  terminal.printError('  The faults are over. What is left is delivered in peace.');
  const timer = setTimeout(() => late.abort(), PEACE_MS);
  await withTimeout(PEACE_MS + ENDING_MS, 'sending', rounds.done);
  const replayed = await finish(world);
  clearTimeout(timer);
  endProgress();
  interrupted.throwIfAborted();
  const durationMs = performance.now() - startedAtMs;

  const crashes = await stopAll(world.replicas);
  const kept = await readKept(world.database);
  const evidence: MixedEvidence = {
    planned: rounds.planned(),
    sent: rounds.sent(),
    ...kept,
    arrivals: world.merchant.arrivals,
    lines: world.replicas.flatMap(({ log }) => log.attempts),
    crashes,
    happenings,
    wanted: options.faults.map(({ name }) => name),
  };
  const figures = figuresOf(evidence, { kills: world.kills, replayed, durationMs });
  const faults = options.faults.map(({ name }) => ({
    name,
    survived: happenings.survived.get(name) ?? 0,
    skipped: happenings.skipped.get(name) ?? null,
  }));
  const found = { figures, faults, verdicts: judgeMixed(evidence), toll: tollOf(asRead(evidence)) };
  return { scenario: 'mixed', seed: options.seed, ...found };
}

/** Until everything is delivered; dead letters are sent again as an operator would. Resolves with their number. */
async function finish(world: World): Promise<number> {
  const { database, signal } = world;
  const count = async (states: readonly string[]): Promise<number> => {
    const rows = await database.query<{ count: number }>(COUNT, [states]);
    return rows[0]?.count ?? 0;
  };
  let replayed = 0;
  while (!signal.aborted) {
    await waitUntil(async () => (await count(['pending', 'delivering'])) === 0, PEACE_MS, signal);
    const dead = await count(['dead_letter']);
    if (dead === 0) break;
    replayed += dead;
    const args = ['src/main.ts', 'replay', '--state', 'dead_letter'];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: world.env, timeout: COMMAND_WITHIN_MS });
  }
  return replayed;
}

function reportProgress({ printError }: Terminal, { kills, merchant, ongoing }: World, rounds: Rounds): () => void {
  const startedAtMs = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAtMs) / 1000);
    const saw = `the merchant saw ${merchant.arrivals.length} requests`;
    const now = [...ongoing].map(({ description }) => description).join(', ') || 'peace';
    printError(`  ${seconds} s: ${rounds.sent().length} facts sent, ${saw}, ${kills.total} kills; now: ${now}`);
  }, PROGRESS_EVERY_MS);
  return () => clearInterval(timer);
}
