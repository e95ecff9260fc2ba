/**
 * Keeps deliveries moving: claims what is due, has it attempted, settles what came of it. Knows no SQL and no HTTP.
 *
 * The promise is the slow poll: whatever is due is found within POLL_INTERVAL_MS, whoever stored it. `nudge` is only
 * the hint that makes it immediate. Requests are never more than `concurrency`, and one probe while the webhook is down.
 */
import { shortReason } from '../errors.ts';
import { type Bell, createBell } from './bell.ts';
import { type Carrier, type CarrierOptions, createCarrier } from './carrier.ts';
import { isDown, type WebhookHealth } from './health.ts';
import type { Claim } from './outbox.ts';

/** How late a delivery can be when every hint was lost. */
const POLL_INTERVAL_MS = 1_000;
/** Forgotten turns are rare (a process died between two statements), and looking costs more. */
const TURN_SWEEP_INTERVAL_MS = 10_000;

export interface Dispatcher {
  /** Begins to deliver. A second call changes nothing. */
  start(): void;
  /** Something may be due now. */
  nudge(): void;
  /** The webhook as this process sees it. */
  health(): WebhookHealth;
  /**
   * Claims nothing more, waits up to `graceMs` for attempts in flight and abandons the rest. Resolves when nothing of
   * it runs any more; a second call gets the same promise.
   */
  stop(graceMs: number): Promise<void>;
}

export function createDispatcher(options: CarrierOptions): Dispatcher {
  const bell = createBell();
  const backlog = { isThere: false };
  const carrier = createCarrier(options, {
    // Without a backlog the look would find nothing.
    onRequestEnd: () => backlog.isThere && carrier.wanted() > 0 && bell.ring(),
    onSettled: () => bell.ring(),
  });
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let stopped: Promise<void> | null = null;

  async function stop(graceMs: number): Promise<void> {
    stopping.abort();
    bell.ring();
    await running;
    // When the database is away they expire.
    await giveBack(options, carrier, carrier.takeUnsent()).catch(() => undefined);
    await carrier.stop(graceMs);
  }

  return {
    start() {
      running ??= work(options, { bell, backlog, carrier, stopping: stopping.signal });
    },
    nudge: () => bell.ring(),
    health: () => carrier.health(),
    stop(graceMs) {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

interface Workplace {
  readonly bell: Bell;
  /** Whether the last claim brought all that was asked for, so that there may be more. */
  readonly backlog: { isThere: boolean };
  readonly carrier: Carrier;
  readonly stopping: AbortSignal;
}

async function work(options: CarrierOptions, place: Workplace): Promise<void> {
  const rescue = createRescue(options, place.carrier);
  let failing = false;
  while (!place.stopping.aborted) {
    try {
      await rescue();
      await round(options, place);
      if (failing) options.logger.info({ event: 'outbox.reachable' });
      failing = false;
    } catch (error) {
      // Once for each outage: the poll goes on, and the log must not fill the disk meanwhile.
      if (!failing) options.logger.error({ event: 'outbox.unreachable', error: shortReason(error) });
      failing = true;
      await place.bell.wait(POLL_INTERVAL_MS);
    }
  }
}

/** Takes up what dead processes left: claims past their expiry, and turns that nobody gave. */
function createRescue({ outbox, clock }: CarrierOptions, carrier: Carrier): () => Promise<void> {
  let expiredAtMs = Number.NEGATIVE_INFINITY;
  let turnsAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock.elapsed();
    if (now - expiredAtMs >= POLL_INTERVAL_MS) {
      await carrier.settleAbandoned(await outbox.expired());
      expiredAtMs = now;
    }
    if (now - turnsAtMs >= TURN_SWEEP_INTERVAL_MS) {
      await outbox.giveForgottenTurns();
      turnsAtMs = now;
    }
  };
}

/** One look at the outbox: claim, hand over; then waits until there may be something to do. */
async function round(options: CarrierOptions, place: Workplace): Promise<void> {
  const { backlog, bell, carrier, stopping } = place;
  await giveBack(options, carrier, carrier.takeSpare());
  const limit = carrier.wanted();
  if (limit <= 0) return bell.wait(probeInMs(options, carrier));

  const wasDown = isDown(carrier.health());
  const claims = await carrier.observe(options.outbox.claim(limit));
  // What a webhook that has just gone down would get beside its probes.
  if (stopping.aborted || (isDown(carrier.health()) && !wasDown)) return giveBack(options, carrier, claims);
  carrier.carry(claims);
  backlog.isThere = claims.length === limit;
  if (!backlog.isThere)
    await bell.wait(Math.min((await options.outbox.nextDueInMs()) ?? POLL_INTERVAL_MS, POLL_INTERVAL_MS));
}

/** What cannot be given back now is tried again; one that has expired meanwhile changes nothing. */
async function giveBack({ outbox }: CarrierOptions, carrier: Carrier, claims: readonly Claim[]): Promise<void> {
  if (claims.length === 0) return;
  try {
    await outbox.giveBack(claims);
  } catch (error) {
    carrier.spare(claims);
    throw error;
  }
}

/** How long to rest, unless the bell rings, while nothing can be claimed. */
function probeInMs({ clock }: CarrierOptions, carrier: Carrier): number {
  const { probe } = carrier.health();
  if (probe === null || carrier.inFlight() > 0) return POLL_INTERVAL_MS;
  return Math.min(Math.max(probe.dueAtMs - clock.elapsed(), 1), POLL_INTERVAL_MS);
}
