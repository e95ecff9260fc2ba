/**
 * Reads the snapshots of events: what Resurs holds of the payment, by the interface that the event came from. Whatever
 * Resurs does, an event has its answer within 60 s: the payment, or one line that says why there is none.
 */
import { setTimeout } from 'node:timers/promises';
import type { MapiAccount } from '../accounts/mapi-account.ts';
import type { Config } from '../config/settings.ts';
import type { Provider } from '../db/schema.ts';
import type { StoredEvent } from '../events/event.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Snapshot } from '../payments/snapshot.ts';
import { createEcomSource } from './ecom-source.ts';
import { createMapiSource } from './mapi-source.ts';
import { MAX_READS, type PaymentSource } from './payment-source.ts';
import { createPlaces, type Places } from './places.ts';
import { CROWDED, notRead, resultOf, type SnapshotOutcome, type SnapshotResult } from './result.ts';
import { readWithTries } from './tries.ts';
import { createTroubleLog, type TroubleLog } from './trouble-log.ts';

export interface SnapshotReaderOptions {
  readonly config: Config;
  /** The account of the Merchant API; the service closes it. */
  readonly mapiAccount: MapiAccount | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called after each request to Resurs. */
  onPaymentRead(provider: Provider, durationMs: number): void;
  /** Called for each event that was read for. */
  onSnapshot(provider: Provider, outcome: SnapshotOutcome): void;
  /** Replaces the timer between two tries. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** Many events may be read for at once. */
export interface SnapshotReader {
  /** Whether the event is about a payment, and not erased. */
  wants(event: StoredEvent): boolean;
  /** Returns the snapshot; null as soon as `signal` fires. Never rejects. */
  read(event: StoredEvent, signal: AbortSignal): Promise<Snapshot | null>;
  /** How many more events may come now: a backlog waits while Resurs answers well. */
  room(): number;
  /** Ends what is in flight. */
  close(): Promise<void>;
}

interface ProviderReader {
  readonly source: PaymentSource | null;
  readonly places: Places;
  readonly troubles: TroubleLog;
}

/** Events that are read for, those between two tries included. */
const MAX_EVENTS = 256;
/** Events of one interface that wait for their turn: enough that it is never idle while events come. */
const MAX_WAITING = 128;
/**
 * When the first of them has waited so long, Resurs is too slow for what comes: the backlog waits no longer, and what finds
 * no room is sent without. With MAX_WAITING that is below 13 reads a second.
 */
const SLOW_AFTER_MS = 10_000;

const MISSING: Readonly<Record<Provider, string>> = {
  'resurs-ecom': 'RESURS_USERNAME and RESURS_PASSWORD are not set.',
  'resurs-mapi': 'MAPI_CLIENT_ID and MAPI_CLIENT_SECRET are not set.',
};

/** Creates the reader; null with PAYMENT_SNAPSHOT=off. Opens no connection yet. */
export function createSnapshotReader(options: SnapshotReaderOptions): SnapshotReader | null {
  const { config, mapiAccount, clock, onSnapshot } = options;
  if (config.PAYMENT_SNAPSHOT === 'off') return null;
  const readers: Readonly<Record<Provider, ProviderReader>> = {
    'resurs-ecom': providerReader('resurs-ecom', createEcomSource(config, clock), options),
    'resurs-mapi': providerReader('resurs-mapi', createMapiSource(mapiAccount, clock), options),
  };
  let reading = 0;
  return {
    wants: ({ type, paymentId, erasedAt }) => paymentId !== null && erasedAt === null && type.startsWith('payment.'),
    async read(event, signal) {
      const { provider } = event;
      const isCrowded = reading >= MAX_EVENTS || readers[provider].places.waiting() >= MAX_WAITING;
      reading += 1;
      const result = isCrowded ? CROWDED : await readFor(event, readers[provider], options, signal);
      reading -= 1;
      if (result === null) return null;
      onSnapshot(provider, result.outcome);
      readers[provider].troubles.note(event, result);
      return result.snapshot;
    },
    room: () => Math.min(...Object.values(readers).map(({ places }) => roomIn(places))),
    async close() {
      await Promise.all(Object.values(readers).map(({ source }) => source?.close()));
    },
  };
}

function providerReader(
  provider: Provider,
  source: PaymentSource | null,
  { clock, logger }: SnapshotReaderOptions,
): ProviderReader {
  return { source, places: createPlaces(MAX_READS, clock), troubles: createTroubleLog({ provider, clock, logger }) };
}

async function readFor(
  { provider, paymentId }: StoredEvent,
  { source, places }: ProviderReader,
  { clock, onPaymentRead, sleep = usualSleep }: SnapshotReaderOptions,
  signal: AbortSignal,
): Promise<SnapshotResult | null> {
  if (source === null || paymentId === null) return notRead('no_account', `Resurs was not asked: ${MISSING[provider]}`);
  const tries = { source, places, clock, sleep, onRead: (durationMs: number) => onPaymentRead(provider, durationMs) };
  try {
    return resultOf(await readWithTries(tries, paymentId, signal));
  } catch (error) {
    if (signal.aborted) return null;
    // A bug must not stop the delivery. The message of an error may repeat what was read.
    return { ...notRead('failed', 'The payment could not be read.'), detail: error instanceof Error ? error.name : '' };
  }
}

function roomIn(places: Places): number {
  if (places.longestWaitMs() > SLOW_AFTER_MS) return Number.POSITIVE_INFINITY;
  const waiting = places.waiting();
  // Not one by one: a claim costs the database more than the rows of it.
  return waiting > MAX_WAITING / 2 ? 0 : MAX_WAITING - waiting;
}

function usualSleep(ms: number, signal: AbortSignal): Promise<void> {
  return setTimeout(ms, undefined, { signal });
}
