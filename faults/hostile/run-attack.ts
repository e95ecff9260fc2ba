/**
 * Runs the attack: legitimate callbacks first, then hostile requests, slow clients and idle connections beside them,
 * then only legitimate callbacks until all connections of the attack are closed.
 */
import { setMaxListeners } from 'node:events';
import type { Terminal } from '../../src/commands/command.ts';
import { randomFor } from '../../test/harness/random.ts';
import { sleep, waitUntil } from '../../test/harness/wait.ts';
import { holdIdleConnections, maxConnections, runSlowClients, type SlowClientResult } from './connection-floods.ts';
import type { Counters } from './counters.ts';
import type { Evidence } from './evidence.ts';
import { type LegitimateCallback, sendLegitimate } from './legitimate-traffic.ts';
import { openFiles, type ProcessMeter, startProcessMeter } from './process-metrics.ts';
import type { TargetReceiver } from './receiver.ts';
import { runSender } from './sender.ts';
import type { Testbed } from './testbed.ts';

export interface AttackOptions {
  readonly seed: number;
  /** Hostile requests in all, over all endpoints. */
  readonly requests: number;
  readonly idleConnections: number;
  /** Concurrent hostile senders per endpoint. */
  readonly senders: number;
}

/** Time with only legitimate callbacks, so that code is compiled and pools are filled before anything is measured. */
const WARM_UP_MS = 1_500;
const FILES_WITHIN_MS = 25_000;
const FILES_SLACK = 4;
const PROGRESS_MS = 10_000;

export interface AttackContext {
  readonly testbed: Testbed;
  readonly counters: Counters;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

export interface AttackResult {
  readonly seconds: number;
  readonly idle: Evidence['idle'];
  /** This and the following by receiver. */
  readonly legitimate: readonly (readonly LegitimateCallback[])[];
  readonly slow: readonly (readonly SlowClientResult[])[];
  readonly meters: readonly ProcessMeter[];
  readonly filesBefore: readonly (number | null)[];
}

/** Runs the whole attack; ends early, without an error, when the signal aborts. */
export async function runAttack(options: AttackOptions, context: AttackContext): Promise<AttackResult> {
  const { testbed, counters, terminal, signal } = context;
  const { targets } = testbed;
  const legitimateOver = new AbortController();
  const legitimateSignal = AbortSignal.any([signal, legitimateOver.signal]);
  for (const shared of [signal, legitimateSignal]) setMaxListeners(0, shared);
  const legitimate = targets.map(({ endpoint }) =>
    sendLegitimate(endpoint, randomFor(options.seed, 'honest', endpoint.name), legitimateSignal),
  );
  await sleep(WARM_UP_MS, signal);

  const filesBefore = targets.map(({ service }) => openFiles(service.pid));
  const meters = targets.map(({ service }) => startProcessMeter(service.pid));
  const startedAtMs = performance.now();
  const timer = setInterval(() => terminal.printError(progressOf(startedAtMs, counters, meters)), PROGRESS_MS);
  const wanted = maxConnections(options.idleConnections);
  const slowClients = Promise.all(targets.map(({ endpoint }) => runSlowClients(endpoint, signal)));
  let isOver = false;
  const idleConnections = holdIdleAtEach(targets, wanted, signal).then((open) => {
    // Memory for thousands of connections is no leak: measure after them, unless the run is too short for that.
    if (!isOver) for (const meter of meters) meter.restart();
    return open;
  });
  await Promise.all(targets.flatMap((target) => hostileSenders(options, context, target)));
  isOver = true;
  const seconds = (performance.now() - startedAtMs) / 1000;
  const [open, slow] = await Promise.all([idleConnections, slowClients]);
  for (const meter of meters) meter.stop();

  // Legitimate callbacks go on; files that are still open after them are leaked.
  const isQuiet = async (): Promise<boolean> =>
    targets.every(({ service }, index) => (openFiles(service.pid) ?? 0) <= (filesBefore[index] ?? 0) + FILES_SLACK);
  await waitUntil(isQuiet, FILES_WITHIN_MS, signal);
  clearInterval(timer);
  legitimateOver.abort();
  return { seconds, idle: { wanted, open }, legitimate: await Promise.all(legitimate), slow, meters, filesBefore };
}

/** Holds idle connections at one receiver after the other; resolves with the fewest that were open at the same time. */
async function holdIdleAtEach(
  targets: readonly TargetReceiver[],
  wanted: number,
  signal: AbortSignal,
): Promise<number> {
  let fewest = wanted;
  for (const { endpoint } of targets) fewest = Math.min(fewest, await holdIdleConnections(endpoint, wanted, signal));
  return fewest;
}

function hostileSenders(
  { seed, senders, requests }: AttackOptions,
  context: AttackContext,
  { endpoint }: TargetReceiver,
): Promise<void>[] {
  const { counters, signal, testbed } = context;
  const all = senders * testbed.targets.length;
  const firstSender = testbed.targets.findIndex((target) => target.endpoint === endpoint) * senders;
  return Array.from({ length: senders }, (_, index) => {
    const share = Math.floor(requests / all) + (firstSender + index < requests % all ? 1 : 0);
    const random = randomFor(seed, 'hostile', endpoint.name, index);
    return runSender({ counters, leakScanner: testbed.leakScanner, signal }, endpoint, { random, requests: share });
  });
}

function progressOf(startedAtMs: number, counters: Counters, meters: readonly ProcessMeter[]): string {
  const seconds = (performance.now() - startedAtMs) / 1000;
  const rate = Math.round(counters.requests() / seconds);
  const memory = meters.map(({ samples }) => Math.round((samples.at(-1)?.bytes ?? 0) / 1024 / 1024)).join(', ');
  const pace = `${counters.requests()} requests, ${rate} a second`;
  return `  ${Math.round(seconds)} s: ${pace}, ${counters.violations.size} violations, ${memory} MiB`;
}
