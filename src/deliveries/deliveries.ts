/** Wires deliveries: outbox, webhook client and dispatcher. Without a webhook, deliveries are stored and held. */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import { type BreakerState, isOpen } from './circuit-breaker.ts';
import { type Claim, ensureOneDue } from './claim.ts';
import type { SettledDelivery } from './delivery-delay.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import { createOutbox } from './outbox.ts';
import type { RescueStep } from './rescue.ts';
import type { AttemptResult } from './retry.ts';
import type { SnapshotReader } from './snapshot-stage.ts';
import { createSnapshotStore } from './snapshot-store.ts';
import { webhookClientFrom } from './webhook.ts';

/** A claim's lease is this much longer than the request's timeout, for the settlement (docs/architecture.md). */
const LEASE_MARGIN_MS = 5_000;
/** A claim that waits for a snapshot is renewed so often while its lease lasts: two renewals may fail. */
const RENEWALS_A_LEASE = 4;

export interface Deliveries {
  start(): void;
  /** A delivery may be due. */
  wake(): void;
  /** Slots for deliveries that are born claimed: claimed by the statement that stores their event. */
  readonly slots: DeliverySlots;
  /** The circuit breaker's state; null when no webhook is configured. */
  readonly breakerState: (() => BreakerState) | null;
  /** Sends the next probe at once, whatever is due; resolves with false when the webhook is not down, or not set. */
  probeNow(): Promise<boolean>;
  /** See Dispatcher.stop. */
  stop(graceMs: number): Promise<void>;
}

/** How an event's delivery is claimed by the statement that stores the event. */
export interface DeliverySlots {
  /** How long such a claim is valid. */
  readonly leaseMs: number;
  /** Reserves slots for up to `max` claims and returns how many. */
  reserveForNew(max: number): number;
  /** Ends a reservation of this size, and sends the claims that were made under it. */
  send(reserved: number, claims: readonly Claim[]): void;
  /** Waits for the statement that claims, and measures from it how much to prefetch. */
  measureClaim<T>(statement: Promise<T>): Promise<T>;
}

export interface DeliveriesOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** Reads what Resurs holds of the payments; null: events are sent without. */
  readonly snapshots: SnapshotReader | null;
  /** Called after every attempt. */
  onAttempt(result: AttemptResult): void;
  /** Called for each attempt that is settled. */
  onSettled(settled: SettledDelivery): void;
  /** Called on each failure of the rescue, with the step's name. */
  onRescueFailure(step: RescueStep): void;
}

/** Nothing is claimed: without a webhook, and by a process that sends nothing. */
export const NO_SLOTS: DeliverySlots = {
  leaseMs: 0,
  reserveForNew: () => 0,
  send: () => undefined,
  measureClaim: (statement) => statement,
};

/** Creates the deliveries of one process. Nothing is claimed before `start`. */
export function createDeliveries(options: DeliveriesOptions): Deliveries {
  const { config, db, clock, logger, version, snapshots: reader, onSettled, ...events } = options;
  const onTlsError = (reason: string) => logger.error({ event: 'webhook.tls_not_renewed', reason });
  const webhook = webhookClientFrom(config, { clock, version, onTlsError });
  if (webhook === null) {
    return {
      start: () => undefined,
      wake: () => undefined,
      slots: NO_SLOTS,
      breakerState: null,
      probeNow: async () => false,
      stop: async () => undefined,
    };
  }

  const leaseMs = config.WEBHOOK_TIMEOUT_MS + LEASE_MARGIN_MS;
  const outbox = createOutbox(db, clock, leaseMs, {
    reserve: (max) => dispatcher.reserveForNext(max),
    send: (reserved, claims) => dispatcher.send(reserved, claims),
    onDue: () => dispatcher.wake(),
    onSettled,
  });
  const dispatcher: Dispatcher = createDispatcher({
    ...events,
    outbox,
    snapshots: reader === null ? null : { reader, ...snapshotKeeping(db, leaseMs) },
    send: (claim, signal) => webhook.send(claim.event, claim.attempt, signal),
    schedule: config.WEBHOOK_RETRY_SCHEDULE,
    concurrency: config.WEBHOOK_CONCURRENCY,
    clock,
    random: Math.random,
    logger,
  });
  return {
    start: dispatcher.start,
    wake: dispatcher.wake,
    slots: { ...dispatcher, leaseMs },
    breakerState: dispatcher.breakerState,
    async probeNow() {
      if (!isOpen(dispatcher.breakerState())) return false;
      await ensureOneDue(db);
      return dispatcher.probeNow();
    },
    async stop(graceMs) {
      await dispatcher.stop(graceMs);
      await webhook.close();
    },
  };
}

function snapshotKeeping(db: Database, leaseMs: number) {
  return { store: createSnapshotStore(db, leaseMs), renewEveryMs: leaseMs / RENEWALS_A_LEASE };
}
