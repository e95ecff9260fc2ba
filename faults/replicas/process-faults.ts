/**
 * What is done to the replicas while they work: every few seconds one is killed and started again, and another one is
 * stopped and continued. Never the same one at once, so with three of them one is always whole.
 *
 * Many of the blows fall at the worst moment: the merchant has just got a request from that replica, is about to answer
 * 204, and the replica will not get to write it down. A long stop lasts until another replica has taken the delivery over,
 * so that the one that wakes up meets the fence.
 */

import { sleep, waitUntil } from '../../test/harness/wait.ts';
import type { Arrival, Merchant } from '../merchant.ts';
import { oneOf, randomFor, type Span, within } from '../random.ts';
import type { Replica } from '../replica.ts';
import type { Troubles } from './evidence.ts';

/** How often and how long. */
export interface Rhythm {
  readonly killPauseMs: Span;
  readonly stopPauseMs: Span;
  /** How long a replica is stopped, unless it is one of the long stops. */
  readonly stopMs: Span;
  /** The first stop, and then each of so many, is longer than a claim. */
  readonly longStopEvery: number;
}

export interface TroubleOptions extends Rhythm {
  readonly seed: number;
  readonly replicas: readonly Replica[];
  readonly merchant: Merchant;
  /** How long a claim lasts: a stop beyond it is a long one. */
  readonly leaseMs: number;
  /** Whether this attempt was written down, by whomever. */
  isWrittenDown(arrival: Arrival): Promise<boolean>;
  /** Ends the troubles. */
  readonly signal: AbortSignal;
}

const SHARE_AT_ARRIVAL = 0.6;
/** A replica that sends nothing for this long is hit all the same. */
const ARRIVES_WITHIN_MS = 5_000;
const WAKES_WITHIN_MS = 5_000;
const DEAD_MS = [100, 1_500] as const;
/** What a long stop has beyond the claim: another replica looks for expired claims once a second. */
const LONG_STOP_EXTRA_MS = [1_200, 2_000] as const;
const TAKEN_OVER_WITHIN_MS = 10_000;

export interface Trouble {
  /** What was done so far. */
  readonly troubles: Troubles;
  /** Resolves when the signal has ended it and all replicas run again; rejects when one did not start. */
  readonly done: Promise<void>;
}

interface Stage extends TroubleOptions {
  readonly kills: { atArrival: boolean }[];
  readonly stops: { ms: number; isLong: boolean }[];
  /** Being hit now. */
  readonly busy: Set<Replica>;
}

export function makeTrouble(options: TroubleOptions): Trouble {
  const stage: Stage = { ...options, kills: [], stops: [], busy: new Set() };
  const done = Promise.all([keepKilling(stage), keepStopping(stage)]).then(() => undefined);
  return { troubles: stage, done };
}

async function keepKilling(stage: Stage): Promise<void> {
  const random = randomFor(stage.seed, 'kills');
  while (await sleep(within(random, stage.killPauseMs), stage.signal)) {
    const atWorst = random() < SHARE_AT_ARRIVAL;
    const deadMs = within(random, DEAD_MS);
    await withOne(stage, oneOf(random, free(stage)), async (replica) => {
      let gone: Promise<void> | null = null;
      const arrival = await hit(stage, { replica, atWorst }, () => {
        gone = replica.kill();
      });
      await gone;
      stage.kills.push({ atArrival: arrival !== null });
      await sleep(deadMs, stage.signal);
      await replica.start();
    });
  }
}

async function keepStopping(stage: Stage): Promise<void> {
  const random = randomFor(stage.seed, 'stops');
  for (let count = 0; await sleep(within(random, stage.stopPauseMs), stage.signal); count += 1) {
    const mustBeLong = count % stage.longStopEvery === 0;
    const atWorst = random() < SHARE_AT_ARRIVAL || mustBeLong;
    const extraMs = within(random, LONG_STOP_EXTRA_MS);
    const anyMs = within(random, stage.stopMs);
    const wantedMs = mustBeLong ? stage.leaseMs + extraMs : anyMs;
    await withOne(stage, oneOf(random, free(stage)), async (replica) => {
      const arrival = await hit(stage, { replica, atWorst }, replica.freeze);
      const stoppedAtMs = performance.now();
      await sleep(wantedMs, stage.signal);
      if (arrival !== null && wantedMs > stage.leaseMs) {
        await waitUntil(() => stage.isWrittenDown(arrival), TAKEN_OVER_WITHIN_MS, stage.signal);
      }
      replica.thaw();
      const ms = Math.round(performance.now() - stoppedAtMs);
      stage.stops.push({ ms, isLong: ms > stage.leaseMs });
      // Not to be killed before it has learnt that it came too late.
      if (arrival !== null) await waitUntil(async () => hasLogged(replica, arrival), WAKES_WITHIN_MS, stage.signal);
    });
  }
}

function hasLogged({ log }: Replica, { webhookId, attempt }: Arrival): boolean {
  return log.attempts.some((line) => line.eventId === webhookId && line.attempt === attempt);
}

function free({ replicas, busy }: Stage): Replica[] {
  return replicas.filter((replica) => !busy.has(replica));
}

async function withOne(
  { busy }: Stage,
  replica: Replica | undefined,
  act: (replica: Replica) => Promise<void>,
): Promise<void> {
  if (replica === undefined) return;
  busy.add(replica);
  await act(replica).finally(() => busy.delete(replica));
}

/**
 * Strikes at once, or in the very moment in which a request of this replica has reached the merchant and before it is
 * answered 204. Resolves with that request, or null.
 */
async function hit(
  { merchant, signal }: Stage,
  { replica, atWorst }: { readonly replica: Replica; readonly atWorst: boolean },
  strike: () => void,
): Promise<Arrival | null> {
  let met: Arrival | null = null;
  if (atWorst) {
    const unwatch = merchant.watch((arrival) => {
      if (met !== null || arrival.replica !== replica.name || arrival.fate !== 204) return;
      met = arrival;
      strike();
    });
    await waitUntil(async () => met !== null, ARRIVES_WITHIN_MS, signal);
    unwatch();
  }
  if (met === null) strike();
  return met;
}
