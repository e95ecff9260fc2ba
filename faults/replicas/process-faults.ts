/**
 * Injects process faults while the replicas work: every few seconds one is killed and restarted, and another one is
 * stopped and continued. Never the same one at once, so with three replicas one always works.
 *
 * Many faults hit at the worst moment: the merchant has just received a request of that replica, is about to respond
 * 204, and the replica cannot record it. A long stop lasts until another replica has taken over the delivery, so that
 * the continued one loses its claim and its late settlement is rejected.
 */

import { between, pick, type Range, randomFor } from '../../test/harness/random.ts';
import { sleep, waitUntil } from '../../test/harness/wait.ts';
import type { Merchant } from '../merchant.ts';
import type { ReceivedRequest } from '../received-request.ts';
import type { Replica } from '../replica.ts';
import type { ProcessFaults } from './evidence.ts';

/** How often the faults are injected, and how long a stop lasts. */
export interface FaultIntervals {
  readonly killPauseMs: Range;
  readonly stopPauseMs: Range;
  /** How long a replica is stopped, unless it is one of the long stops. */
  readonly stopMs: Range;
  /** The first stop, and then every n-th one, is longer than a claim. */
  readonly longStopEvery: number;
}

export interface ProcessFaultOptions extends FaultIntervals {
  readonly seed: number;
  readonly replicas: readonly Replica[];
  readonly merchant: Merchant;
  /** How long a claim lasts; a longer stop is a long one. */
  readonly leaseMs: number;
  /** Reports whether this attempt is stored, whichever replica recorded it. */
  isRecorded(request: ReceivedRequest): Promise<boolean>;
  /** Ends the faults. */
  readonly signal: AbortSignal;
}

const SHARE_DURING_SEND = 0.6;
/** A replica that sends nothing for this long is hit anyway. */
const SENDS_WITHIN_MS = 5_000;
const WAKES_WITHIN_MS = 5_000;
const DEAD_MS = [100, 1_500] as const;
/** How much longer than a claim a long stop lasts: another replica looks for expired claims once a second. */
const LONG_STOP_EXTRA_MS = [1_200, 2_000] as const;
const TAKEN_OVER_WITHIN_MS = 10_000;

export interface ProcessFaultRun {
  /** The faults injected so far. */
  readonly processFaults: ProcessFaults;
  /** Resolves when the signal has ended it and all replicas run again; rejects when one did not start. */
  readonly done: Promise<void>;
}

interface FaultContext extends ProcessFaultOptions {
  readonly kills: { duringRequest: boolean }[];
  readonly stops: { ms: number; isLong: boolean }[];
  /** Replicas with a fault in progress. */
  readonly busy: Set<Replica>;
}

/** Starts injecting faults. */
export function injectProcessFaults(options: ProcessFaultOptions): ProcessFaultRun {
  const context: FaultContext = { ...options, kills: [], stops: [], busy: new Set() };
  const done = Promise.all([keepKilling(context), keepStopping(context)]).then(() => undefined);
  return { processFaults: context, done };
}

async function keepKilling(context: FaultContext): Promise<void> {
  const random = randomFor(context.seed, 'kills');
  while (await sleep(between(random, context.killPauseMs), context.signal)) {
    const duringSend = random() < SHARE_DURING_SEND;
    const deadMs = between(random, DEAD_MS);
    await withOne(context, pick(random, free(context)), async (replica) => {
      let gone: Promise<void> | null = null;
      const request = await hit(context, { replica, duringSend }, () => {
        gone = replica.kill();
      });
      await gone;
      context.kills.push({ duringRequest: request !== null });
      await sleep(deadMs, context.signal);
      await replica.start();
    });
  }
}

async function keepStopping(context: FaultContext): Promise<void> {
  const random = randomFor(context.seed, 'stops');
  for (let count = 0; await sleep(between(random, context.stopPauseMs), context.signal); count += 1) {
    const mustBeLong = count % context.longStopEvery === 0;
    const duringSend = random() < SHARE_DURING_SEND || mustBeLong;
    const extraMs = between(random, LONG_STOP_EXTRA_MS);
    const anyMs = between(random, context.stopMs);
    const wantedMs = mustBeLong ? context.leaseMs + extraMs : anyMs;
    await withOne(context, pick(random, free(context)), async (replica) => {
      const request = await hit(context, { replica, duringSend }, replica.freeze);
      const stoppedAtMs = performance.now();
      await sleep(wantedMs, context.signal);
      if (request !== null && wantedMs > context.leaseMs) {
        await waitUntil(() => context.isRecorded(request), TAKEN_OVER_WITHIN_MS, context.signal);
      }
      replica.thaw();
      const ms = Math.round(performance.now() - stoppedAtMs);
      context.stops.push({ ms, isLong: ms > context.leaseMs });
      // The replica must not be killed before it has learned that its claim expired.
      if (request !== null) await waitUntil(async () => hasLogged(replica, request), WAKES_WITHIN_MS, context.signal);
    });
  }
}

function hasLogged({ log }: Replica, { webhookId, attempt }: ReceivedRequest): boolean {
  return log.attempts.some((line) => line.eventId === webhookId && line.attempt === attempt);
}

function free({ replicas, busy }: FaultContext): Replica[] {
  return replicas.filter((replica) => !busy.has(replica));
}

async function withOne(
  { busy }: FaultContext,
  replica: Replica | undefined,
  act: (replica: Replica) => Promise<void>,
): Promise<void> {
  if (replica === undefined) return;
  busy.add(replica);
  await act(replica).finally(() => busy.delete(replica));
}

/**
 * Calls `inject` at once or, with `duringSend`, when a request of this replica has reached the merchant and before it
 * is answered 204. Resolves with that request, or null.
 */
async function hit(
  { merchant, signal }: FaultContext,
  { replica, duringSend }: { readonly replica: Replica; readonly duringSend: boolean },
  inject: () => void,
): Promise<ReceivedRequest | null> {
  let met: ReceivedRequest | null = null;
  if (duringSend) {
    const unwatch = merchant.watch((request) => {
      if (met !== null || request.replica !== replica.name || request.responseOutcome !== 204) return;
      met = request;
      inject();
    });
    await waitUntil(async () => met !== null, SENDS_WITHIN_MS, signal);
    unwatch();
  }
  if (met === null) inject();
  return met;
}
