/**
 * The dispatcher decides when and how much to claim, and has the claims sent. It knows no SQL and no HTTP. Repairs
 * (expired claims, deliveries left blocked) run in a loop of their own, rescue.ts, and never delay this one.
 *
 * A first delivery whose payment has nothing unfinished is born claimed: the statement that stores its event claims it,
 * as far as `reserveForNew` gives slots, and it is sent from memory after the commit. The dispatcher finds all other
 * due deliveries: after `wake`, at a due time it knows, or within POLL_INTERVAL_MS, whichever process stored them.
 * Requests in flight never exceed `concurrency`, and one probe while the circuit breaker is open.
 */
import type { Clock, Random } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { createWaker } from '../lib/waker.ts';
import { type BreakerState, createCircuitBreaker } from './circuit-breaker.ts';
import type { Claim } from './claim.ts';
import { claimLimit, type LoopContext, POLL_INTERVAL_MS, release, runLoop } from './dispatch-loop.ts';
import type { Outbox } from './outbox.ts';
import { createQuarantine } from './quarantine.ts';
import { createRescue, type Rescue, type RescueStep } from './rescue.ts';
import type { AttemptResult } from './retry.ts';
import { createSlots } from './slots.ts';
import { createSnapshotStage, NO_SNAPSHOTS, type SnapshotStage, type SnapshotStageOptions } from './snapshot-stage.ts';
import { createDeliveryWorker } from './worker.ts';

export interface Dispatcher {
  /** Starts delivering. A second call changes nothing. */
  start(): void;
  /** Something may be due now. */
  wake(): void;
  /**
   * Reserves slots for deliveries that are born claimed, `max` at most, and returns how many. None beside a backlog.
   */
  reserveForNew(max: number): number;
  /** Reserves slots for deliveries that are claimed when the ones before them are settled. */
  reserveForNext(max: number): number;
  /** Ends a reservation of this size, and sends the claims that were made under it. */
  send(reserved: number, claims: readonly Claim[]): void;
  /** Waits for a statement that claims, and measures from it how much to prefetch. */
  measureClaim<T>(statement: Promise<T>): Promise<T>;
  /** The circuit breaker's state. */
  breakerState(): BreakerState;
  /** Makes the next probe due now; false when the webhook is not down. */
  probeNow(): boolean;
  /**
   * Stops claiming, waits up to `graceMs` for attempts in flight and abandons the rest. Resolves when nothing runs any
   * more; a second call returns the same promise.
   */
  stop(graceMs: number): Promise<void>;
}

export interface DispatcherOptions {
  /** Maximum number of requests in flight. */
  readonly concurrency: number;
  readonly schedule: readonly number[];
  readonly outbox: Outbox;
  /** How the snapshots of events are read and kept; null: they are sent without. */
  readonly snapshots: Pick<SnapshotStageOptions, 'reader' | 'store' | 'renewEveryMs'> | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  send(claim: Claim, signal: AbortSignal): Promise<AttemptResult>;
  /** Called after every attempt that was made here. */
  onAttempt(result: AttemptResult): void;
  /** Called on each failure of the rescue, with the step's name. */
  onRescueFailure(step: RescueStep): void;
}

/** Creates a dispatcher with its slots, worker, circuit breaker and rescue; `start` starts it. */
export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const context = createContext(options);
  const { circuitBreaker, quarantine, slots, snapshots, waker, worker } = context;
  const rescue = createRescue({
    ...options,
    quarantine,
    // After an outage of the database: what is held here is renewed next.
    settleExpired: (expired) => worker.settleExpired(expired.filter((claim) => !snapshots.holds(claim))),
    since: () => context.since,
    onOverlooked() {
      context.since = null;
      waker.wake();
    },
    wake: waker.wake,
  });
  let stopped: Promise<void> | null = null;
  return {
    start() {
      if (context.running !== null) return;
      context.running = runLoop(context);
      rescue.start();
    },
    wake: waker.wake,
    // So that the backlog is sent first.
    reserveForNew: (max) => (context.hasBacklog ? 0 : reserve(context, max)),
    reserveForNext: (max) => reserve(context, max),
    send: (reserved, claims) => send(context, reserved, claims),
    measureClaim: slots.measureClaim,
    breakerState: circuitBreaker.state,
    probeNow() {
      const isDown = circuitBreaker.probeNow();
      if (isDown) waker.wake();
      return isDown;
    },
    stop(graceMs) {
      stopped ??= stop(context, rescue, graceMs);
      return stopped;
    },
  };
}

function createContext(options: DispatcherOptions): LoopContext {
  const waker = createWaker();
  const circuitBreaker = createCircuitBreaker(options);
  const quarantine = createQuarantine(options);
  const worker = createDeliveryWorker({
    ...options,
    circuitBreaker,
    quarantine,
    onResponded() {
      slots.release();
      // Without a backlog a query would find nothing.
      if (context.hasBacklog && claimLimit(context) > 0) waker.wake();
    },
    onSettled(isQuiet) {
      if (!isQuiet || context.hasBacklog) waker.wake();
    },
  });
  const slots = createSlots({ ...options, circuitBreaker, start: worker.run });
  const snapshots = createStage(options, () => context);
  const stopping = new AbortController();
  const parts = { options, circuitBreaker, quarantine, slots, snapshots, waker, worker, stopping };
  const context: LoopContext = { ...parts, hasBacklog: false, since: null, running: null };
  return context;
}

/** From the stage a claim goes on to the slots as a fresh one does. */
function createStage({ snapshots, logger }: DispatcherOptions, context: () => LoopContext): SnapshotStage {
  if (snapshots === null) return NO_SNAPSHOTS;
  const release = (claim: Claim) => {
    context().slots.markUnsendable([claim]);
    context().waker.wake();
  };
  return createSnapshotStage({
    ...snapshots,
    logger,
    onReady(claim, isProbe) {
      const { stopping, circuitBreaker, slots, worker } = context();
      const isSendable = !circuitBreaker.isOpen() || (isProbe && worker.inFlight() === 0);
      if (isSendable && !stopping.signal.aborted) slots.add([claim]);
      else release(claim);
    },
    onReturned: release,
    onLeft() {
      if (context().hasBacklog && claimLimit(context()) > 0) context().waker.wake();
    },
  });
}

async function stop(context: LoopContext, rescue: Rescue, graceMs: number): Promise<void> {
  const { slots, snapshots, waker, worker } = context;
  const { clock } = context.options;
  const endsAtMs = clock.elapsed() + graceMs;
  context.stopping.abort();
  waker.wake();
  await Promise.all([context.running, rescue.stop()]);
  // Events that are being stored now may bring born claims.
  while (slots.reserved() > 0 && clock.elapsed() < endsAtMs) {
    await waker.wait(Math.min(endsAtMs - clock.elapsed(), POLL_INTERVAL_MS));
  }
  await snapshots.stop();
  // When the database is unavailable they expire.
  await release(context, slots.takeUnsent()).catch(() => undefined);
  await worker.stop(Math.max(0, endsAtMs - clock.elapsed()));
}

/** Reserves nothing while the circuit breaker is open. */
function reserve(context: LoopContext, max: number): number {
  const { running, stopping, circuitBreaker, slots } = context;
  if (running === null || stopping.signal.aborted || circuitBreaker.isOpen()) return 0;
  const reserved = Math.min(max, claimLimit(context));
  slots.reserve(reserved);
  return reserved;
}

function send(
  { stopping, circuitBreaker, slots, snapshots, waker }: LoopContext,
  reserved: number,
  claims: readonly Claim[],
): void {
  slots.endReservation(reserved);
  if (claims.length > 0) {
    if (stopping.signal.aborted || circuitBreaker.isOpen()) slots.markUnsendable(claims);
    else slots.add(snapshots.hold(claims, false));
  }
  if (stopping.signal.aborted || circuitBreaker.isOpen()) waker.wake();
}
