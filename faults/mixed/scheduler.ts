/**
 * Schedules the faults. Those of a group are injected in turn, in a new random order each round. The groups run at the
 * same time, so an outage of Postgres can coincide with a kill and a merchant that is down. It ends when every fault
 * was injected and the service was killed as often as requested.
 */
import type { Random } from '../../src/lib/clock.ts';
import { between, type Range, randomFor } from '../../test/harness/random.ts';
import { sleep, waitUntil, withTimeout } from '../../test/harness/wait.ts';
import type { Fault, FaultGroup } from './fault.ts';
import { createFaultOrder, type ScheduledFault } from './fault-order.ts';
import { hasCommitted } from './sync-points.ts';
import type { Testbed } from './testbed.ts';

export interface SchedulerOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Minimum number of kills of the service; without a fault that kills, of faults. */
  readonly kills: number;
  /** Pause between two faults of a group. */
  readonly pauseMs: Readonly<Record<FaultGroup, Range>>;
}

export interface FaultLog {
  readonly survived: ReadonlyMap<string, number>;
  readonly skipped: ReadonlyMap<string, string>;
  /** Faults after which something did not work again, or not as expected. */
  readonly failures: readonly string[];
}

/** Each group with the number of its faults in progress at the same time. */
const FAULT_GROUPS: readonly (readonly [group: FaultGroup, concurrency: number])[] = [
  ['service', 2],
  ['database', 1],
  ['merchant', 1],
];
/** The slowest fault waits for a receiver to restart. */
const INJECT_TIMEOUT_MS = 90_000;
/** Probes of a webhook that was down are up to a minute apart. */
const RECOVERY_TIMEOUT_MS = 70_000;

interface SchedulerContext extends SchedulerOptions, FaultLog {
  readonly testbed: Testbed;
  readonly survived: Map<string, number>;
  readonly skipped: Map<string, string>;
  readonly failures: string[];
}

/** Resolves when all groups are finished. An error is recorded as a failure, and the run goes on to its verdicts. */
export async function runFaults(testbed: Testbed, options: SchedulerOptions): Promise<FaultLog> {
  const context: SchedulerContext = { ...options, testbed, survived: new Map(), skipped: new Map(), failures: [] };
  await Promise.all(FAULT_GROUPS.flatMap(([group, concurrency]) => runGroup(context, group, concurrency)));
  return context;
}

function runGroup(context: SchedulerContext, group: FaultGroup, concurrency: number): Promise<void>[] {
  const faults = context.faults.filter((fault) => fault.group === group);
  // The stream keeps this name because it decides what a seed draws.
  const next = createFaultOrder(faults, randomFor(context.seed, 'lane', group));
  return Array.from({ length: concurrency }, () => injectInOrder(context, group, next));
}

async function injectInOrder(
  context: SchedulerContext,
  group: FaultGroup,
  next: () => ScheduledFault | null,
): Promise<void> {
  const recoveries = new Set<Promise<void>>();
  for (let scheduled = next(); scheduled !== null && !isFinished(context); scheduled = next()) {
    const { fault, number } = scheduled;
    const random = randomFor(context.seed, group, number);
    if (!(await sleep(between(random, context.pauseMs[group]), context.testbed.signal))) break;
    if (!(await injectOnce(context, fault, random))) continue;
    const recovery = recover(context, fault).finally(() => recoveries.delete(recovery));
    recoveries.add(recovery);
    // A restarted receiver has logged that it is ready, so the next fault need not wait until callbacks are stored
    // again.
    if (group !== 'service') await recovery;
  }
  await Promise.all(recoveries);
}

/** Reports whether the fault was injected; records an error as a failure. */
async function injectOnce(context: SchedulerContext, fault: Fault, random: Random): Promise<boolean> {
  const { testbed, skipped } = context;
  if (skipped.has(fault.name)) return false;
  const label = Symbol(fault.name);
  testbed.ongoing.add(label);
  try {
    const result = await withTimeout(INJECT_TIMEOUT_MS, 'it', fault.inject(testbed, random));
    if (result !== 'survived') skipped.set(fault.name, result.skipped);
    return result === 'survived';
  } catch (error) {
    fail(context, fault, error instanceof Error ? error.message : String(error));
    return false;
  } finally {
    testbed.ongoing.delete(label);
  }
}

/**
 * Waits until callbacks are stored again or, after a fault of the merchant, deliveries are accepted again. Never
 * rejects.
 */
async function recover(context: SchedulerContext, fault: Fault): Promise<void> {
  const { testbed, survived } = context;
  const { received } = testbed.merchant;
  const from = received.length;
  const isAccepted = async () => received.slice(from).some(({ responseOutcome }) => responseOutcome === 204);
  const hasRecovered = fault.group === 'merchant' ? isAccepted : () => hasCommitted(testbed);
  if (!(await waitUntil(hasRecovered, RECOVERY_TIMEOUT_MS, testbed.signal))) {
    fail(context, fault, `no recovery within ${RECOVERY_TIMEOUT_MS / 1_000} s`);
  } else survived.set(fault.name, (survived.get(fault.name) ?? 0) + 1);
}

/** Records a failure, unless the run is being interrupted. */
function fail({ testbed, failures }: SchedulerContext, { name }: Fault, reason: string): void {
  if (!testbed.signal.aborted) failures.push(`${name}: ${reason}`);
}

function isFinished({ faults, testbed, kills, survived, skipped, failures }: SchedulerContext): boolean {
  if (failures.length > 0 || testbed.signal.aborted) return true;
  const wasEachInjected = faults.every(({ name }) => survived.has(name) || skipped.has(name));
  const hasKills = faults.some(({ name }) => name.startsWith('kill'));
  const all = [...survived.values()].reduce((sum, times) => sum + times, 0);
  const isPossible = faults.some(({ name }) => !skipped.has(name));
  return wasEachInjected && (!isPossible || (hasKills ? testbed.kills.total : all) >= kills);
}
