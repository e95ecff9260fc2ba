/** The way out put together: outbox, webhook and dispatcher; or, without a webhook, deliveries that are kept and held. */
import { randomUUID } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { AttemptResult } from './attempt.ts';
import type { BreakerState } from './breaker-state.ts';
import { claimDeliveries, findExpiredClaims, firstDue, readOutlook, releaseClaims } from './claim.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { unblockStranded } from './ordering.ts';
import type { Outbox } from './outbox.ts';
import type { RescueStep } from './rescue.ts';
import { type Settlement, settleClaims } from './settle.ts';
import { webhookClientFrom } from './webhook.ts';

/** A claim outlives the request's own time-out by this much, for the way to the database (docs/delivery.md). */
const LEASE_MARGIN_MS = 5_000;
/** All that may be unsettled (stock.ts), so that a stop beside a silent Postgres waits for one statement of them. */
const MAX_SETTLED_AT_ONCE = 256;

export interface Deliveries {
  start(): void;
  /** A delivery may be due. */
  nudge(): void;
  /** Room for deliveries that are claimed as they are stored. */
  readonly room: DeliverySlots;
  /** The webhook as this process sees it; null when none is configured. */
  readonly health: (() => BreakerState) | null;
  /** See Dispatcher.stop. */
  stop(graceMs: number): Promise<void>;
}

/** How an event's delivery is claimed by the statement that stores the event. */
export interface DeliverySlots extends Pick<Dispatcher, 'reserveForNew' | 'send' | 'observe'> {
  /** How long such a claim holds. */
  readonly leaseMs: number;
}

export interface WayOutOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Told of every attempt. */
  onAttempt(result: AttemptResult): void;
  /** Told of each failure of the rescue loop, by step. */
  onRescueFailure(step: RescueStep): void;
}

/** Without a webhook nothing is claimed. */
const NO_ROOM: DeliverySlots = {
  leaseMs: 0,
  reserveForNew: () => 0,
  send: () => undefined,
  observe: (statement) => statement,
};

export function createDeliveries({ config, db, clock, logger, version, ...events }: WayOutOptions): Deliveries {
  const webhook = webhookClientFrom(config, { clock, version });
  if (webhook === null) {
    return {
      start: () => undefined,
      nudge: () => undefined,
      room: NO_ROOM,
      health: null,
      stop: async () => undefined,
    };
  }

  const leaseMs = config.WEBHOOK_TIMEOUT_MS + LEASE_MARGIN_MS;
  const dispatcher: Dispatcher = createDispatcher({
    ...events,
    outbox: createOutbox(db, leaseMs, () => dispatcher),
    send: (claim, signal) => webhook.send(claim.event, claim.attempt, signal),
    schedule: config.WEBHOOK_RETRY_SCHEDULE,
    concurrency: config.WEBHOOK_CONCURRENCY,
    clock,
    random: Math.random,
    logger,
  });
  return {
    start: dispatcher.start,
    nudge: dispatcher.wake,
    room: { ...dispatcher, leaseMs },
    health: dispatcher.health,
    async stop(graceMs) {
      await dispatcher.stop(graceMs);
      await webhook.close();
    },
  };
}

/**
 * Claims and settlements go one after another: what asks meanwhile joins the next statement, and fewer, larger statements
 * cost Postgres a quarter less. The rare ones go beside them.
 */
function createOutbox(db: Database, leaseMs: number, dispatcher: () => Dispatcher): Outbox {
  const serially = createSerializer();
  const settle = async (batch: readonly Settlement[]) => {
    const { reserveForNext, send, wake: nudge } = dispatcher();
    const max = reserveForNext(batch.filter(({ next }) => next.state !== 'pending').length);
    const settling = settleClaims(db, batch, { max, token: randomUUID(), leaseMs });
    const { outcomes, claims, due } = await settling.catch((error: unknown) => {
      send(max, []);
      throw error;
    });
    send(max, claims);
    if (due > 0) nudge();
    return outcomes;
  };
  return {
    claim: (limit, since, skipped) => {
      return serially(() => claimDeliveries(db, { limit, token: randomUUID(), leaseMs, since, skipped }));
    },
    firstDue: (skipped) => firstDue(db, skipped),
    settle: createBatcher((batch) => serially(() => settle(batch)), MAX_SETTLED_AT_ONCE),
    release: (claims) => releaseClaims(db, claims),
    findExpiredClaims: (withinMs, skipped) => findExpiredClaims(db, withinMs, skipped),
    unblockStranded: (after) => unblockStranded(db, after),
    outlook: () => readOutlook(db),
  };
}

/** Runs each piece of work when those before it have ended, well or not. */
function createSerializer(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}
