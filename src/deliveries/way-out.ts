/** The way out put together: outbox, webhook and dispatcher; or, without a webhook, deliveries that are kept and held. */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { createGroup } from '../db/group.ts';
import type { Logger } from '../logger.ts';
import type { AttemptResult } from './attempt.ts';
import { createDispatcher } from './dispatcher.ts';
import { giveForgottenTurns, giveTurn } from './enqueue.ts';
import type { WebhookHealth } from './health.ts';
import { claimDeliveries, expiredClaims, giveBackClaims, nextDueInMs } from './outbox.ts';
import type { Outbox } from './outbox-port.ts';
import { type Settlement, settleClaims } from './settle.ts';
import { openWebhook } from './webhook.ts';

/** A claim outlives the request's own time-out by this much, for the way to the database (docs/delivery.md). */
const LEASE_MARGIN_MS = 5_000;
/** All that may be unsettled (stock.ts), so that a stop beside a silent Postgres waits for one statement of them. */
const MAX_SETTLED_AT_ONCE = 256;
const MAX_EXPIRED_AT_ONCE = 64;

export interface WayOut {
  start(): void;
  /** A delivery may be due. */
  nudge(): void;
  /** The webhook as this process sees it; null when none is configured. */
  readonly health: (() => WebhookHealth) | null;
  /** See Dispatcher.stop. */
  stop(graceMs: number): Promise<void>;
}

export interface WayOutOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Told of every attempt. */
  onAttempt(result: AttemptResult): void;
}

export function createWayOut({ config, db, clock, logger, version, onAttempt }: WayOutOptions): WayOut {
  const webhook = openWebhook(config, { clock, version });
  if (webhook === null) {
    return { start: () => undefined, nudge: () => undefined, health: null, stop: async () => undefined };
  }

  const dispatcher = createDispatcher({
    outbox: createOutbox(db, config.WEBHOOK_TIMEOUT_MS + LEASE_MARGIN_MS),
    send: (claim, signal) => webhook.send(claim.event, claim.attempt, signal),
    schedule: config.WEBHOOK_RETRY_SCHEDULE,
    concurrency: config.WEBHOOK_CONCURRENCY,
    clock,
    random: Math.random,
    logger,
    onAttempt,
  });
  return {
    start: dispatcher.start,
    nudge: dispatcher.nudge,
    health: dispatcher.health,
    async stop(graceMs) {
      await dispatcher.stop(graceMs);
      await webhook.close();
    },
  };
}

/**
 * Claims, settlements and turns go one after another: what asks meanwhile joins the next statement, and fewer, larger
 * statements cost Postgres a quarter less. The rare ones go beside them.
 */
function createOutbox(db: Database, leaseMs: number): Outbox {
  const inTurn = createQueue();
  const settle = (batch: readonly Settlement[]) => inTurn(() => settleClaims(db, batch));
  const give = (eventIds: readonly string[]) => inTurn(() => giveTurns(db, eventIds));
  return {
    claim: (limit) => inTurn(() => claimDeliveries(db, { limit, token: randomUUID(), leaseMs })),
    settle: createGroup(settle, MAX_SETTLED_AT_ONCE),
    giveTurn: createGroup(give, MAX_SETTLED_AT_ONCE),
    giveBack: (claims) => giveBackClaims(db, claims),
    giveForgottenTurns: () => giveForgottenTurns(db),
    expired: () => expiredClaims(db, MAX_EXPIRED_AT_ONCE),
    nextDueInMs: () => nextDueInMs(db),
  };
}

async function giveTurns(db: Database, eventIds: readonly string[]): Promise<undefined[]> {
  await giveTurn(db, eventIds);
  return eventIds.map(() => undefined);
}

/** Runs each piece of work when those before it have ended, well or not. */
function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
}
