/** The dispatcher's loop: releases unsendable claims, claims what is due, waits until there may be more. */
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';
import type { Waker } from '../lib/waker.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { type Claim, MAX_CLAIMED_AT_ONCE } from './claim.ts';
import { claimDue } from './claim-due.ts';
import type { Outbox } from './outbox.ts';
import type { Quarantine } from './quarantine.ts';
import type { Slots } from './slots.ts';
import type { SnapshotStage } from './snapshot-stage.ts';
import type { DeliveryWorker } from './worker.ts';

/** Worst-case latency when every notification is lost. */
export const POLL_INTERVAL_MS = 1_000;
/** Far above the time that a statement and its commit take, and the clock difference after a failover. */
const SINCE_MARGIN_MS = 60_000;

/** What the loop and the dispatcher share. */
export interface LoopContext {
  readonly options: { readonly outbox: Outbox; readonly clock: Clock; readonly logger: Logger };
  readonly circuitBreaker: CircuitBreaker;
  readonly quarantine: Quarantine;
  readonly slots: Slots;
  /** Claims that wait for the snapshot of their event, before they get a slot. */
  readonly snapshots: SnapshotStage;
  readonly waker: Waker;
  readonly worker: DeliveryWorker;
  readonly stopping: AbortController;
  /** Whether the last claim returned as many as were requested, so that there may be more. */
  hasBacklog: boolean;
  /** Nothing is pending that was due before; null when that is not known. */
  since: Date | null;
  running: Promise<void> | null;
}

/** Claims until the dispatcher stops. Logs each outage of the outbox once, and its end. */
export async function runLoop(context: LoopContext): Promise<void> {
  const { logger } = context.options;
  let failing = false;
  while (!context.stopping.signal.aborted) {
    try {
      await dispatchOnce(context);
      if (failing) logger.info({ event: 'outbox.reachable' });
      failing = false;
    } catch (error) {
      // Once for each outage: polling continues, and the log must not fill the disk meanwhile.
      if (!failing) logger.error({ event: 'outbox.unreachable', error: errorSummary(error) });
      failing = true;
      context.since = null;
      await context.waker.wait(POLL_INTERVAL_MS);
    }
  }
}

/** Claims once and adds the claims to the slots; then waits until there may be something to do. */
async function dispatchOnce(context: LoopContext): Promise<void> {
  const { options, circuitBreaker, quarantine, slots, snapshots, stopping, waker } = context;
  await release(context, slots.takeUnsendable());
  const limit = Math.min(claimLimit(context), MAX_CLAIMED_AT_ONCE);
  if (limit <= 0) {
    // Something may be due, so the next free slot is a reason to query.
    context.hasBacklog = true;
    return waker.wait(idleMs(context));
  }

  const wasOpen = circuitBreaker.isOpen();
  slots.reserve(limit);
  const { claims, hasFailed } = await slots
    .measureClaim(claimDue({ outbox: options.outbox, quarantine }, context.since, limit))
    .finally(() => slots.endReservation(limit));
  // A breaker that has just opened allows nothing beside its probes.
  if (stopping.signal.aborted || (circuitBreaker.isOpen() && !wasOpen)) return release(context, claims);
  slots.add(snapshots.hold(claims, wasOpen));
  context.hasBacklog = claims.length === limit;
  if (context.hasBacklog) return;
  const { now, nextDueInMs } = await options.outbox.outlook();
  context.since = hasFailed ? null : new Date(now.getTime() - SINCE_MARGIN_MS);
  await waker.wait(Math.min(nextDueInMs ?? POLL_INTERVAL_MS, POLL_INTERVAL_MS));
}

/** Releases claims. If that fails it is retried; a claim that has expired meanwhile does not change. */
export async function release(context: LoopContext, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  // They may have been due long before.
  context.since = null;
  try {
    await context.options.outbox.release(claims);
  } catch (error) {
    context.slots.markUnsendable(claims);
    throw error;
  }
}

/** How long to wait for a wake-up while nothing can be claimed. */
function idleMs({ options, circuitBreaker, snapshots, worker }: LoopContext): number {
  const { probe } = circuitBreaker.state();
  if (probe === null || worker.inFlight() + snapshots.probes() > 0) return POLL_INTERVAL_MS;
  return Math.min(Math.max(probe.dueAtMs - options.clock.elapsed(), 1), POLL_INTERVAL_MS);
}

/** How many claims can be used now. */
export function claimLimit({ slots, snapshots, worker }: LoopContext): number {
  // A probe that is held is as good as one in flight.
  return Math.min(slots.claimLimit(worker.inFlight() + snapshots.probes()), snapshots.room());
}
