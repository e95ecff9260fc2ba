/**
 * Keeps deliveries moving: claims what is due, has it attempted, settles what came of it. Knows no SQL and no HTTP.
 *
 * The promise is the slow poll: whatever is due is found within POLL_INTERVAL_MS, whoever stored it. `nudge` is only
 * the hint that makes it immediate. Attempts are never more than `concurrency`, and one probe while the webhook is down.
 */
import { shortReason } from '../errors.ts';
import { type Bell, createBell } from './bell.ts';
import { type Carrier, type CarrierOptions, createCarrier } from './carrier.ts';
import { allowance, isDown, type WebhookHealth } from './health.ts';

/** How late a delivery can be when every hint was lost. */
const POLL_INTERVAL_MS = 1_000;
/** Forgotten turns are rare (a process died between two statements), and looking costs more. */
const TURN_SWEEP_INTERVAL_MS = 10_000;

export interface DispatcherOptions extends CarrierOptions {
  /** Requests in flight at most. */
  readonly concurrency: number;
}

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

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const bell = createBell();
  const carrier = createCarrier(options, () => bell.ring());
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let stopped: Promise<void> | null = null;

  async function stop(graceMs: number): Promise<void> {
    stopping.abort();
    bell.ring();
    await running;
    await carrier.stop(graceMs);
  }

  return {
    start() {
      running ??= work(options, { bell, carrier, stopping: stopping.signal });
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
  readonly carrier: Carrier;
  readonly stopping: AbortSignal;
}

async function work(options: DispatcherOptions, place: Workplace): Promise<void> {
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
function createRescue({ outbox, clock }: DispatcherOptions, carrier: Carrier): () => Promise<void> {
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
async function round(options: DispatcherOptions, { bell, carrier, stopping }: Workplace): Promise<void> {
  const free = allowance(carrier.health(), carrier.inFlight(), options.concurrency, options.clock.elapsed());
  const claims = free > 0 ? await options.outbox.claim(free) : [];
  if (stopping.aborted) {
    if (claims.length > 0) await options.outbox.giveBack(claims);
    return;
  }
  for (const claim of claims) carrier.carry(claim);
  // A full hand means that there may be more.
  if (claims.length === free && carrier.inFlight() < options.concurrency && !isDown(carrier.health())) return;
  await bell.wait(await restMs(options, carrier, free));
}

/** How long to rest unless the bell rings, which it does for every new event and every attempt that ends. */
async function restMs(options: DispatcherOptions, carrier: Carrier, free: number): Promise<number> {
  if (carrier.inFlight() >= options.concurrency) return POLL_INTERVAL_MS;
  const { probe } = carrier.health();
  if (probe !== null && free <= 0) {
    if (carrier.inFlight() > 0) return POLL_INTERVAL_MS;
    return Math.min(Math.max(probe.dueAtMs - options.clock.elapsed(), 1), POLL_INTERVAL_MS);
  }
  return Math.min((await options.outbox.nextDueInMs()) ?? POLL_INTERVAL_MS, POLL_INTERVAL_MS);
}
