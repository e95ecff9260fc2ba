/**
 * Keeps deliveries moving: claims what is due and has it attempted. Knows no SQL and no HTTP. What repairs (claims that
 * expired, deliveries left blocked) has its own loop, rescue.ts, and never stands before this one.
 *
 * A first delivery whose payment has nothing unfinished need not be looked for: it is claimed by the statement that stores
 * its event, as far as `reserveForNew` gives room, and sent from memory after the commit. What else becomes due is found because
 * `nudge` tells of it, because its time was known, or within POLL_INTERVAL_MS, whoever stored it.
 * Requests are never more than `concurrency`, and one probe while the webhook is down.
 */
import { errorSummary } from '../lib/errors.ts';
import { createWaker, type Waker } from '../lib/waker.ts';
import { type BreakerState, isOpen } from './breaker-state.ts';
import { type Claim, MAX_CLAIMED_AT_ONCE } from './claim.ts';
import { claimDue } from './claim-due.ts';
import { createQuarantine } from './quarantine.ts';
import { createRescue, type Rescue, type RescueStep } from './rescue.ts';
import { createDeliveryWorker, type DeliveryWorker, type DeliveryWorkerOptions } from './worker.ts';

/** How late a delivery can be when every hint was lost. */
const POLL_INTERVAL_MS = 1_000;
/** Far above the time that a statement and its commit take, and that clocks of a failover differ. */
const SINCE_MARGIN_MS = 60_000;

export interface Dispatcher {
  /** Begins to deliver. A second call changes nothing. */
  start(): void;
  /** Something may be due now. */
  wake(): void;
  /** Keeps room for deliveries that are claimed as they are stored: tells how many, `max` at most. None beside a backlog. */
  reserveForNew(max: number): number;
  /** Keeps room for deliveries that are claimed as the ones before them are settled. */
  reserveForNext(max: number): number;
  /** Ends a reservation of this size, and sends what was claimed under it. */
  send(reserved: number, claims: readonly Claim[]): void;
  /** Waits for a statement that claims, and learns from it how much to claim ahead. */
  observe<T>(statement: Promise<T>): Promise<T>;
  /** The webhook as this process sees it. */
  health(): BreakerState;
  /**
   * Claims nothing more, waits up to `graceMs` for attempts in flight and abandons the rest. Resolves when nothing of
   * it runs any more; a second call gets the same promise.
   */
  stop(graceMs: number): Promise<void>;
}

export interface DispatcherOptions extends Omit<DeliveryWorkerOptions, 'quarantine'> {
  /** Told of each failure of the rescue loop, by step. */
  onRescueFailure(step: RescueStep): void;
}

/** What the loop and the occasions share. */
interface LoopContext {
  readonly options: DeliveryWorkerOptions;
  readonly waker: Waker;
  readonly worker: DeliveryWorker;
  readonly stopping: AbortController;
  /** Whether the last claim brought all that was asked for, so that there may be more. */
  hasBacklog: boolean;
  /** Nothing is pending that was due before; null when that is not known. */
  since: Date | null;
  running: Promise<void> | null;
}

export function createDispatcher(given: DispatcherOptions): Dispatcher {
  const options = { ...given, quarantine: createQuarantine(given) };
  const place = createWorkplace(options);
  const { waker, worker } = place;
  const rescue = createRescue({
    ...options,
    settleAbandoned: worker.settleExpired,
    since: () => place.since,
    onOverlooked() {
      place.since = null;
      waker.wake();
    },
    wake: waker.wake,
  });
  let stopped: Promise<void> | null = null;
  return {
    start() {
      if (place.running !== null) return;
      place.running = runLoop(place);
      rescue.start();
    },
    wake: waker.wake,
    // So that what has waited goes first.
    reserveForNew: (max) => (place.hasBacklog ? 0 : reserve(place, max)),
    reserveForNext: (max) => reserve(place, max),
    send: (reserved, claims) => send(place, reserved, claims),
    observe: worker.measureClaim,
    health: () => worker.health(),
    stop(graceMs) {
      stopped ??= stop(place, rescue, graceMs);
      return stopped;
    },
  };
}

function createWorkplace(options: DeliveryWorkerOptions): LoopContext {
  const waker = createWaker();
  const worker = createDeliveryWorker(options, {
    // Without a backlog the look would find nothing.
    onRequestEnd: () => place.hasBacklog && worker.claimLimit() > 0 && waker.wake(),
    onSettled: (isQuiet) => (!isQuiet || place.hasBacklog) && waker.wake(),
  });
  const stopping = new AbortController();
  const place: LoopContext = { options, waker, worker, stopping, hasBacklog: false, since: null, running: null };
  return place;
}

async function stop(place: LoopContext, rescue: Rescue, graceMs: number): Promise<void> {
  const { waker, worker } = place;
  const { clock } = place.options;
  const endsAtMs = clock.elapsed() + graceMs;
  place.stopping.abort();
  waker.wake();
  await Promise.all([place.running, rescue.stop()]);
  // What is being stored just now may come claimed.
  while (worker.reserved() > 0 && clock.elapsed() < endsAtMs) {
    await waker.wait(Math.min(endsAtMs - clock.elapsed(), POLL_INTERVAL_MS));
  }
  // When the database is away they expire.
  await release(place, worker.takeUnsent()).catch(() => undefined);
  await worker.stop(Math.max(0, endsAtMs - clock.elapsed()));
}

/** None to a webhook that is down. */
function reserve({ running, stopping, worker }: LoopContext, max: number): number {
  if (running === null || stopping.signal.aborted || isOpen(worker.health())) return 0;
  const reserved = Math.min(max, worker.claimLimit());
  worker.reserve(reserved);
  return reserved;
}

function send({ stopping, worker, waker }: LoopContext, reserved: number, claims: readonly Claim[]): void {
  worker.reserve(-reserved);
  if (claims.length > 0) {
    if (stopping.signal.aborted || isOpen(worker.health())) worker.markUnsendable(claims);
    else worker.run(claims);
  }
  if (stopping.signal.aborted || isOpen(worker.health())) waker.wake();
}

async function runLoop(place: LoopContext): Promise<void> {
  const { logger } = place.options;
  let failing = false;
  while (!place.stopping.signal.aborted) {
    try {
      await dispatchOnce(place);
      if (failing) logger.info({ event: 'outbox.reachable' });
      failing = false;
    } catch (error) {
      // Once for each outage: the poll goes on, and the log must not fill the disk meanwhile.
      if (!failing) logger.error({ event: 'outbox.unreachable', error: errorSummary(error) });
      failing = true;
      place.since = null;
      await place.waker.wait(POLL_INTERVAL_MS);
    }
  }
}

/** One look at the outbox: claim, hand over; then waits until there may be something to do. */
async function dispatchOnce(place: LoopContext): Promise<void> {
  const { waker, worker, stopping } = place;
  await release(place, worker.takeUnsendable());
  const limit = Math.min(worker.claimLimit(), MAX_CLAIMED_AT_ONCE);
  if (limit <= 0) {
    // Something may be due, so the next place that falls free is a reason to look.
    place.hasBacklog = true;
    return waker.wait(idleMs(place));
  }

  const wasDown = isOpen(worker.health());
  worker.reserve(limit);
  const { claims, hasFailed } = await worker
    .measureClaim(claimDue(place.options, place.since, limit))
    .finally(() => worker.reserve(-limit));
  // What a webhook that has just gone down would get beside its probes.
  if (stopping.signal.aborted || (isOpen(worker.health()) && !wasDown)) return release(place, claims);
  worker.run(claims);
  place.hasBacklog = claims.length === limit;
  if (place.hasBacklog) return;
  const { now, nextDueInMs } = await place.options.outbox.outlook();
  place.since = hasFailed ? null : new Date(now.getTime() - SINCE_MARGIN_MS);
  await waker.wait(Math.min(nextDueInMs ?? POLL_INTERVAL_MS, POLL_INTERVAL_MS));
}

/** What cannot be released now is tried again; one that has expired meanwhile changes nothing. */
async function release(place: LoopContext, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  // They are due since long before.
  place.since = null;
  try {
    await place.options.outbox.release(claims);
  } catch (error) {
    place.worker.markUnsendable(claims);
    throw error;
  }
}

/** How long to rest, unless the bell rings, while nothing can be claimed. */
function idleMs({ options, worker }: LoopContext): number {
  const { probe } = worker.health();
  if (probe === null || worker.inFlight() > 0) return POLL_INTERVAL_MS;
  return Math.min(Math.max(probe.dueAtMs - options.clock.elapsed(), 1), POLL_INTERVAL_MS);
}
