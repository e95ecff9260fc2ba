/**
 * Keeps deliveries moving: claims what is due and has it attempted. Knows no SQL and no HTTP. What repairs (claims that
 * expired, deliveries left blocked) has its own loop, rescue.ts, and never stands before this one.
 *
 * A first delivery whose payment has nothing unfinished need not be looked for: it is claimed by the statement that stores
 * its event, as far as `reserveForNew` gives room, and sent from memory after the commit. What else becomes due is found because
 * `nudge` tells of it, because its time was known, or within POLL_INTERVAL_MS, whoever stored it.
 * Requests are never more than `concurrency`, and one probe while the webhook is down.
 */
import { shortReason } from '../errors.ts';
import { type Bell, createBell } from './bell.ts';
import { type Carrier, type CarrierOptions, createCarrier } from './carrier.ts';
import { claimDue } from './claiming.ts';
import { isDown, type WebhookHealth } from './health.ts';
import { type Claim, MAX_CLAIMED_AT_ONCE } from './outbox.ts';
import { createQuarantine } from './quarantine.ts';
import { createRescue, type Rescue, type RescueStep } from './rescue.ts';

/** How late a delivery can be when every hint was lost. */
const POLL_INTERVAL_MS = 1_000;
/** Far above the time that a statement and its commit take, and that clocks of a failover differ. */
const SINCE_MARGIN_MS = 60_000;

export interface Dispatcher {
  /** Begins to deliver. A second call changes nothing. */
  start(): void;
  /** Something may be due now. */
  nudge(): void;
  /** Keeps room for deliveries that are claimed as they are stored: tells how many, `max` at most. None beside a backlog. */
  reserveForNew(max: number): number;
  /** Keeps room for deliveries that are claimed as the ones before them are settled. */
  reserveForNext(max: number): number;
  /** Ends a reservation of this size, and sends what was claimed under it. */
  send(reserved: number, claims: readonly Claim[]): void;
  /** Waits for a statement that claims, and learns from it how much to claim ahead. */
  observe<T>(statement: Promise<T>): Promise<T>;
  /** The webhook as this process sees it. */
  health(): WebhookHealth;
  /**
   * Claims nothing more, waits up to `graceMs` for attempts in flight and abandons the rest. Resolves when nothing of
   * it runs any more; a second call gets the same promise.
   */
  stop(graceMs: number): Promise<void>;
}

export interface DispatcherOptions extends Omit<CarrierOptions, 'quarantine'> {
  /** Told of each failure of the rescue loop, by step. */
  onRescueFailure(step: RescueStep): void;
}

/** What the loop and the occasions share. */
interface Workplace {
  readonly options: CarrierOptions;
  readonly bell: Bell;
  readonly carrier: Carrier;
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
  const { bell, carrier } = place;
  const rescue = createRescue({
    ...options,
    settleAbandoned: carrier.settleAbandoned,
    since: () => place.since,
    onOverlooked() {
      place.since = null;
      bell.ring();
    },
    nudge: bell.ring,
  });
  let stopped: Promise<void> | null = null;
  return {
    start() {
      if (place.running !== null) return;
      place.running = work(place);
      rescue.start();
    },
    nudge: bell.ring,
    // So that what has waited goes first.
    reserveForNew: (max) => (place.hasBacklog ? 0 : reserve(place, max)),
    reserveForNext: (max) => reserve(place, max),
    send: (reserved, claims) => send(place, reserved, claims),
    observe: carrier.observe,
    health: () => carrier.health(),
    stop(graceMs) {
      stopped ??= stop(place, rescue, graceMs);
      return stopped;
    },
  };
}

function createWorkplace(options: CarrierOptions): Workplace {
  const bell = createBell();
  const carrier = createCarrier(options, {
    // Without a backlog the look would find nothing.
    onRequestEnd: () => place.hasBacklog && carrier.wanted() > 0 && bell.ring(),
    onSettled: (isQuiet) => (!isQuiet || place.hasBacklog) && bell.ring(),
  });
  const stopping = new AbortController();
  const place: Workplace = { options, bell, carrier, stopping, hasBacklog: false, since: null, running: null };
  return place;
}

async function stop(place: Workplace, rescue: Rescue, graceMs: number): Promise<void> {
  const { bell, carrier } = place;
  const { clock } = place.options;
  const endsAtMs = clock.elapsed() + graceMs;
  place.stopping.abort();
  bell.ring();
  await Promise.all([place.running, rescue.stop()]);
  // What is being stored just now may come claimed.
  while (carrier.reserved() > 0 && clock.elapsed() < endsAtMs) {
    await bell.wait(Math.min(endsAtMs - clock.elapsed(), POLL_INTERVAL_MS));
  }
  // When the database is away they expire.
  await release(place, carrier.takeUnsent()).catch(() => undefined);
  await carrier.stop(Math.max(0, endsAtMs - clock.elapsed()));
}

/** None to a webhook that is down. */
function reserve({ running, stopping, carrier }: Workplace, max: number): number {
  if (running === null || stopping.signal.aborted || isDown(carrier.health())) return 0;
  const reserved = Math.min(max, carrier.wanted());
  carrier.reserve(reserved);
  return reserved;
}

function send({ stopping, carrier, bell }: Workplace, reserved: number, claims: readonly Claim[]): void {
  carrier.reserve(-reserved);
  if (claims.length > 0) {
    if (stopping.signal.aborted || isDown(carrier.health())) carrier.spare(claims);
    else carrier.carry(claims);
  }
  if (stopping.signal.aborted || isDown(carrier.health())) bell.ring();
}

async function work(place: Workplace): Promise<void> {
  const { logger } = place.options;
  let failing = false;
  while (!place.stopping.signal.aborted) {
    try {
      await round(place);
      if (failing) logger.info({ event: 'outbox.reachable' });
      failing = false;
    } catch (error) {
      // Once for each outage: the poll goes on, and the log must not fill the disk meanwhile.
      if (!failing) logger.error({ event: 'outbox.unreachable', error: shortReason(error) });
      failing = true;
      place.since = null;
      await place.bell.wait(POLL_INTERVAL_MS);
    }
  }
}

/** One look at the outbox: claim, hand over; then waits until there may be something to do. */
async function round(place: Workplace): Promise<void> {
  const { bell, carrier, stopping } = place;
  await release(place, carrier.takeSpare());
  const limit = Math.min(carrier.wanted(), MAX_CLAIMED_AT_ONCE);
  if (limit <= 0) {
    // Something may be due, so the next place that falls free is a reason to look.
    place.hasBacklog = true;
    return bell.wait(probeInMs(place));
  }

  const wasDown = isDown(carrier.health());
  carrier.reserve(limit);
  const { claims, hasFailed } = await carrier
    .observe(claimDue(place.options, place.since, limit))
    .finally(() => carrier.reserve(-limit));
  // What a webhook that has just gone down would get beside its probes.
  if (stopping.signal.aborted || (isDown(carrier.health()) && !wasDown)) return release(place, claims);
  carrier.carry(claims);
  place.hasBacklog = claims.length === limit;
  if (place.hasBacklog) return;
  const { now, nextDueInMs } = await place.options.outbox.outlook();
  place.since = hasFailed ? null : new Date(now.getTime() - SINCE_MARGIN_MS);
  await bell.wait(Math.min(nextDueInMs ?? POLL_INTERVAL_MS, POLL_INTERVAL_MS));
}

/** What cannot be released now is tried again; one that has expired meanwhile changes nothing. */
async function release(place: Workplace, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  // They are due since long before.
  place.since = null;
  try {
    await place.options.outbox.release(claims);
  } catch (error) {
    place.carrier.spare(claims);
    throw error;
  }
}

/** How long to rest, unless the bell rings, while nothing can be claimed. */
function probeInMs({ options, carrier }: Workplace): number {
  const { probe } = carrier.health();
  if (probe === null || carrier.inFlight() > 0) return POLL_INTERVAL_MS;
  return Math.min(Math.max(probe.dueAtMs - options.clock.elapsed(), 1), POLL_INTERVAL_MS);
}
