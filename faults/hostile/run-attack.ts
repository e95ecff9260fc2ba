/**
 * The time under attack: honest callbacks first, then hostile requests, slow senders and idle connections beside them,
 * then the honest alone until what the strangers had opened is closed.
 */
import { setMaxListeners } from 'node:events';
import type { Terminal } from '../../src/commands/command.ts';
import { sleep, waitUntil } from '../../test/harness/wait.ts';
import { randomFor } from '../random.ts';
import { holdIdle, possibleConnections, type SlowEnd, sendSlowly } from './connection-floods.ts';
import type { Tally } from './counters.ts';
import type { Evidence } from './evidence.ts';
import { type HonestCallback, sendHonest } from './legitimate-traffic.ts';
import { type Meter, measureMemory, openFiles } from './process-metrics.ts';
import type { House } from './receiver.ts';
import { sendHostile } from './sender.ts';
import type { World } from './testbed.ts';

export interface AttackOptions {
  readonly seed: number;
  /** Hostile ones, over all doors. */
  readonly requests: number;
  readonly idleConnections: number;
  /** Hostile senders at the same time, for each door. */
  readonly senders: number;
}

/** Honest callbacks alone, so that code is compiled and pools are filled before anything is measured. */
const WARM_UP_MS = 1_500;
const FILES_WITHIN_MS = 25_000;
const FILES_SLACK = 4;
const PROGRESS_MS = 10_000;

export interface Play {
  readonly world: World;
  readonly tally: Tally;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

export interface Attack {
  readonly seconds: number;
  readonly idle: Evidence['idle'];
  /** The rest by house. */
  readonly honest: readonly (readonly HonestCallback[])[];
  readonly slow: readonly (readonly SlowEnd[])[];
  readonly meters: readonly Meter[];
  readonly filesBefore: readonly (number | null)[];
}

/** Ends early, without an error, when the signal says so. */
export async function attackAll(options: AttackOptions, play: Play): Promise<Attack> {
  const { world, tally, terminal, signal } = play;
  const { houses } = world;
  const honestOver = new AbortController();
  const honestSignal = AbortSignal.any([signal, honestOver.signal]);
  for (const shared of [signal, honestSignal]) setMaxListeners(0, shared);
  const honest = houses.map(({ door }) => sendHonest(door, randomFor(options.seed, 'honest', door.name), honestSignal));
  await sleep(WARM_UP_MS, signal);

  const filesBefore = houses.map(({ service }) => openFiles(service.pid));
  const meters = houses.map(({ service }) => measureMemory(service.pid));
  const startedAtMs = performance.now();
  const timer = setInterval(() => terminal.printError(progressOf(startedAtMs, tally, meters)), PROGRESS_MS);
  const wanted = possibleConnections(options.idleConnections);
  const slowSent = Promise.all(houses.map(({ door }) => sendSlowly(door, signal)));
  let isOver = false;
  const idleHeld = holdIdleAtEach(houses, wanted, signal).then((open) => {
    // A step by thousands of connections is no leak: what counts comes after it, unless the run is too short for that.
    if (!isOver) for (const meter of meters) meter.restart();
    return open;
  });
  await Promise.all(houses.flatMap((house) => hostileSenders(options, play, house)));
  isOver = true;
  const seconds = (performance.now() - startedAtMs) / 1000;
  const [open, slow] = await Promise.all([idleHeld, slowSent]);
  for (const meter of meters) meter.stop();

  // The honest go on: what is left open then belongs to nobody.
  const isQuiet = async (): Promise<boolean> =>
    houses.every(({ service }, index) => (openFiles(service.pid) ?? 0) <= (filesBefore[index] ?? 0) + FILES_SLACK);
  await waitUntil(isQuiet, FILES_WITHIN_MS, signal);
  clearInterval(timer);
  honestOver.abort();
  return { seconds, idle: { wanted, open }, honest: await Promise.all(honest), slow, meters, filesBefore };
}

/** One house after the other; resolves with the fewest that were open at the same time. */
async function holdIdleAtEach(houses: readonly House[], wanted: number, signal: AbortSignal): Promise<number> {
  let fewest = wanted;
  for (const { door } of houses) fewest = Math.min(fewest, await holdIdle(door, wanted, signal));
  return fewest;
}

function hostileSenders({ seed, senders, requests }: AttackOptions, play: Play, { door }: House): Promise<void>[] {
  const { tally, signal, world } = play;
  const all = senders * world.houses.length;
  const place = world.houses.findIndex((house) => house.door === door) * senders;
  return Array.from({ length: senders }, (_, index) => {
    const share = Math.floor(requests / all) + (place + index < requests % all ? 1 : 0);
    const random = randomFor(seed, 'hostile', door.name, index);
    return sendHostile({ tally, sweep: world.sweep, signal }, door, { random, requests: share });
  });
}

function progressOf(startedAtMs: number, tally: Tally, meters: readonly Meter[]): string {
  const seconds = (performance.now() - startedAtMs) / 1000;
  const rate = Math.round(tally.requests() / seconds);
  const memory = meters.map(({ samples }) => Math.round((samples.at(-1)?.bytes ?? 0) / 1024 / 1024)).join(', ');
  const pace = `${tally.requests()} requests, ${rate} a second`;
  return `  ${Math.round(seconds)} s: ${pace}, ${tally.wrongs.size} wrongs, ${memory} MiB`;
}
