/**
 * Makes the faults happen: those of a lane one after another, shuffled anew each time all have had their turn; the lanes
 * at the same time, so that an outage of Postgres meets a kill and a merchant who is down. It goes on until every fault
 * has happened and the service was killed as often as wanted.
 */
import type { Random } from '../../src/lib/clock.ts';
import { sleep, waitUntil, withTimeout } from '../../test/harness/wait.ts';
import { randomFor, type Span, within } from '../random.ts';
import type { Fault, Lane } from './fault.ts';
import { createTurns, type Turn } from './fault-order.ts';
import { commitSeen } from './sync-points.ts';
import type { World } from './testbed.ts';

export interface LaneOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Kills of the service; without a fault that kills, faults in all. */
  readonly kills: number;
  /** Between two faults of a lane. */
  readonly pauseMs: Readonly<Record<Lane, Span>>;
}

export interface Happenings {
  readonly survived: ReadonlyMap<string, number>;
  readonly skipped: ReadonlyMap<string, string>;
  /** What did not come back, or not as it should. */
  readonly failures: readonly string[];
}

/** Each lane with how many of its faults happen at the same time. */
const LANES: readonly (readonly [lane: Lane, atOnce: number])[] = [
  ['service', 2],
  ['database', 1],
  ['merchant', 1],
];
/** The longest wait of any: a receiver that starts again. */
const HAPPENS_WITHIN_MS = 90_000;
/** The probes of a webhook that was down are up to a minute apart. */
const RECOVERS_WITHIN_MS = 70_000;

interface Stage extends LaneOptions, Happenings {
  readonly world: World;
  readonly survived: Map<string, number>;
  readonly skipped: Map<string, string>;
  readonly failures: string[];
}

/** Resolves when all lanes have done their part. What went wrong is kept as a failure; the run goes on to its judgement. */
export async function breakThings(world: World, options: LaneOptions): Promise<Happenings> {
  const stage: Stage = { ...options, world, survived: new Map(), skipped: new Map(), failures: [] };
  await Promise.all(LANES.flatMap(([lane, atOnce]) => goOn(stage, lane, atOnce)));
  return stage;
}

function goOn(stage: Stage, lane: Lane, atOnce: number): Promise<void>[] {
  const faults = stage.faults.filter((fault) => fault.lane === lane);
  const next = createTurns(faults, randomFor(stage.seed, 'lane', lane));
  return Array.from({ length: atOnce }, () => takeTurns(stage, lane, next));
}

async function takeTurns(stage: Stage, lane: Lane, next: () => Turn | null): Promise<void> {
  const recoveries = new Set<Promise<void>>();
  for (let turn = next(); turn !== null && !isEnough(stage); turn = next()) {
    const { fault, number } = turn;
    const random = randomFor(stage.seed, lane, number);
    if (!(await sleep(within(random, stage.pauseMs[lane]), stage.world.signal))) break;
    if (!(await happenOnce(stage, fault, random))) continue;
    const recovery = recover(stage, fault).finally(() => recoveries.delete(recovery));
    recoveries.add(recovery);
    // A receiver has said itself that it is ready: the next one is hit while it is seen whether callbacks are stored.
    if (lane !== 'service') await recovery;
  }
  await Promise.all(recoveries);
}

/** Whether it happened; what went wrong is kept. */
async function happenOnce(stage: Stage, fault: Fault, random: Random): Promise<boolean> {
  const { world, skipped } = stage;
  if (skipped.has(fault.name)) return false;
  const label = Symbol(fault.name);
  world.ongoing.add(label);
  try {
    const result = await withTimeout(HAPPENS_WITHIN_MS, 'it', fault.happen(world, random));
    if (result !== 'survived') skipped.set(fault.name, result.skipped);
    return result === 'survived';
  } catch (error) {
    fail(stage, fault, error instanceof Error ? error.message : String(error));
    return false;
  } finally {
    world.ongoing.delete(label);
  }
}

/** Callbacks are stored again; after a fault of the merchant, deliveries are accepted again. Never rejects. */
async function recover(stage: Stage, fault: Fault): Promise<void> {
  const { world, survived } = stage;
  const { arrivals } = world.merchant;
  const from = arrivals.length;
  const isAccepted = async () => arrivals.slice(from).some(({ fate }) => fate === 204);
  const isBack = fault.lane === 'merchant' ? isAccepted : () => commitSeen(world);
  if (!(await waitUntil(isBack, RECOVERS_WITHIN_MS, world.signal))) {
    fail(stage, fault, `nothing works ${RECOVERS_WITHIN_MS / 1_000} s later`);
  } else survived.set(fault.name, (survived.get(fault.name) ?? 0) + 1);
}

/** What is interrupted has not failed. */
function fail({ world, failures }: Stage, { name }: Fault, reason: string): void {
  if (!world.signal.aborted) failures.push(`${name}: ${reason}`);
}

function isEnough({ faults, world, kills, survived, skipped, failures }: Stage): boolean {
  if (failures.length > 0 || world.signal.aborted) return true;
  const hasEachHappened = faults.every(({ name }) => survived.has(name) || skipped.has(name));
  const isKilling = faults.some(({ name }) => name.startsWith('kill'));
  const all = [...survived.values()].reduce((sum, times) => sum + times, 0);
  const isPossible = faults.some(({ name }) => !skipped.has(name));
  return hasEachHappened && (!isPossible || (isKilling ? world.kills.total : all) >= kills);
}
