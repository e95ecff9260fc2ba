/**
 * Makes the faults happen: those of a lane one after another, shuffled anew each time all have had their turn; the lanes
 * at the same time, so that an outage of Postgres meets a kill and a merchant who is down. It goes on until every fault
 * has happened and the service was killed as often as wanted.
 */
import type { Random } from '../../src/clock.ts';
import { randomFor, type Span, within } from '../random.ts';
import { endsWithin, pause, waitFor } from '../waiting.ts';
import type { Fault, Lane } from './fault.ts';
import { commitSeen } from './service-faults.ts';
import type { World } from './world.ts';

export interface LaneOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Kills of the service; without a fault that kills, faults in all. */
  readonly kills: number;
  readonly pauseMs: Span;
}

export interface Happenings {
  readonly survived: ReadonlyMap<string, number>;
  readonly skipped: ReadonlyMap<string, string>;
  /** What did not come back, or not as it should. */
  readonly failures: readonly string[];
}

const LANES: readonly Lane[] = ['service', 'database', 'merchant'];
/** The longest wait of any: a receiver that starts again. */
const HAPPENS_WITHIN_MS = 90_000;
const RECOVERS_WITHIN_MS = 30_000;

interface Stage extends LaneOptions, Happenings {
  readonly world: World;
  readonly survived: Map<string, number>;
  readonly skipped: Map<string, string>;
  readonly failures: string[];
}

/** Resolves when all lanes have done their part. What went wrong is kept as a failure; the run goes on to its judgement. */
export async function breakThings(world: World, options: LaneOptions): Promise<Happenings> {
  const stage: Stage = { ...options, world, survived: new Map(), skipped: new Map(), failures: [] };
  await Promise.all(LANES.map((lane) => goOn(stage, lane)));
  return stage;
}

async function goOn(stage: Stage, lane: Lane): Promise<void> {
  const random = randomFor(stage.seed, 'lane', lane);
  const faults = stage.faults.filter((fault) => fault.lane === lane);
  while (faults.length > 0 && !isEnough(stage)) {
    for (const fault of shuffled(faults, random)) {
      if (isEnough(stage) || !(await pause(within(random, stage.pauseMs), stage.world.signal))) return;
      await happenOnce(stage, fault, randomFor(stage.seed, fault.name, timesOf(stage, fault)));
    }
  }
}

async function happenOnce(stage: Stage, fault: Fault, random: Random): Promise<void> {
  const { world, skipped, survived, failures } = stage;
  if (skipped.has(fault.name)) return;
  world.ongoing.add(fault.name);
  try {
    const result = await endsWithin(HAPPENS_WITHIN_MS, 'it', fault.happen(world, random));
    if (result !== 'survived') return void skipped.set(fault.name, result.skipped);
    if (!(await recovers(world, fault))) failures.push(`${fault.name}: nothing works ${RECOVERS_WITHIN_MS} ms later`);
    else survived.set(fault.name, timesOf(stage, fault) + 1);
  } catch (error) {
    if (world.signal.aborted) return;
    failures.push(`${fault.name}: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    world.ongoing.delete(fault.name);
  }
}

/** Callbacks are stored again; after a fault of the merchant, deliveries are accepted again. */
function recovers(world: World, { lane }: Fault): Promise<boolean> {
  const { arrivals } = world.merchant;
  const from = arrivals.length;
  const isBack = lane === 'merchant' ? async () => isAnyAccepted(arrivals.slice(from)) : () => commitSeen(world);
  return waitFor(isBack, RECOVERS_WITHIN_MS, world.signal);
}

function isAnyAccepted(arrivals: World['merchant']['arrivals']): boolean {
  return arrivals.some(({ fate }) => fate === 204);
}

function timesOf({ survived }: Stage, { name }: Fault): number {
  return survived.get(name) ?? 0;
}

function isEnough({ faults, world, kills, survived, skipped, failures }: Stage): boolean {
  if (failures.length > 0) return true;
  const hasEachHappened = faults.every(({ name }) => survived.has(name) || skipped.has(name));
  const isKilling = faults.some(({ name }) => name.startsWith('kill'));
  const all = [...survived.values()].reduce((sum, times) => sum + times, 0);
  const isPossible = faults.some(({ name }) => !skipped.has(name));
  return hasEachHappened && (!isPossible || (isKilling ? world.kills.total : all) >= kills);
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const keyed = items.map((item) => ({ item, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item);
}
