/**
 * Asks each interface of Resurs for its test callback, and waits until the service has stored it: as the command
 * `trigger-test` does. Each is asked over connections of its own, so that neither callbacks nor deliveries wait for it.
 */
import { randomBytes } from 'node:crypto';
import { createMapiAccount } from '../accounts/mapi-account.ts';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Provider } from '../db/schema.ts';
import type { Clock } from '../lib/clock.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { mapiRoundTrip } from '../registrations/mapi-round-trip.ts';
import { mapiTarget } from '../registrations/mapi-target.ts';
import { describeReport, isAccepted, isFromOtherServer } from '../registrations/mapi-test-words.ts';
import { canStoreTests, triggerRoundTrip } from '../registrations/round-trip.ts';
import { resursAddresses } from '../resurs/addresses.ts';
import { describeFailure } from '../resurs/failure.ts';
import { createSoapClient } from '../resurs/soap.ts';

/** How it ended. `error` is one line. */
export type Answer =
  | { readonly outcome: 'arrived'; readonly arrivedAt: Date; readonly roundTripMs: number }
  | { readonly outcome: 'failed'; readonly error: string };

/** One interface of Resurs. */
export interface Interface {
  readonly provider: Provider;
  /** Throws the errors of the database, and when `signal` ends it. */
  ask(signal: AbortSignal): Promise<Answer>;
  /** Ends its connections. */
  close(): Promise<void>;
}

export interface AskingOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  /** How long to wait for the arrival. */
  readonly waitMs: number;
}

const CALL_TIMEOUT_MS = 10_000;
/** As Resurs' own library: it answers when the test was answered. */
const MAPI_CALL_TIMEOUT_MS = 30_000;
/** One call is made at a time, so there is nothing to pause. */
const PAUSE_MS = 0;

/** Creates the interfaces that can be asked with these settings. Opens no connection yet. */
export function createInterfaces(options: AskingOptions): readonly Interface[] {
  return [ecomInterface(options), mapiInterface(options)].filter((one) => one !== null);
}

function ecomInterface(options: AskingOptions): Interface | null {
  const { config, waitMs } = options;
  const { RESURS_USERNAME: username, RESURS_PASSWORD: password } = config;
  if (username === null || password === null || !canStoreTests(config)) return null;
  const timeoutMs = CALL_TIMEOUT_MS;
  const { dispatcher, destroy } = createOutbound({ proxies: config, connections: 1, connectTimeoutMs: timeoutMs });
  const baseUrl = resursAddresses(config).soap;
  const soap = createSoapClient({ baseUrl, account: { username, password }, dispatcher, timeoutMs });
  return {
    provider: 'resurs-ecom',
    async ask(signal) {
      const trip = await triggerRoundTrip({ ...options, soap, randomBytes, purpose: 'heartbeat' }, signal);
      switch (trip.outcome) {
        case 'arrived':
          return { outcome: 'arrived', arrivedAt: trip.event.receivedAt, roundTripMs: Math.round(trip.durationMs) };
        case 'not_triggered':
          return failed(`Resurs was not asked: ${describeFailure(trip.failure)}`);
        case 'not_storable':
          return failed('A TEST would not be stored: it is not authenticated.');
        case 'not_arrived':
          return failed(`Resurs took the request for a TEST, and none arrived within ${seconds(waitMs)} s.`);
      }
    },
    close: destroy,
  };
}

function mapiInterface(options: AskingOptions): Interface | null {
  const { config, clock, waitMs } = options;
  const target = mapiTarget(config);
  const account = target === null ? null : createMapiAccount(config, clock);
  if (target === null || account === null) return null;
  // Without a token no test is stored, and Resurs' word alone counts.
  const db = config.MAPI_CALLBACK_TOKEN === null ? null : options.db;
  const client = account.client(PAUSE_MS);
  return {
    provider: 'resurs-mapi',
    async ask(signal) {
      const callMs = MAPI_CALL_TIMEOUT_MS;
      const trip = await mapiRoundTrip({ client, db, config, target, clock, randomBytes, callMs, waitMs }, signal);
      switch (trip.outcome) {
        case 'arrived':
          return { outcome: 'arrived', arrivedAt: trip.event.receivedAt, roundTripMs: Math.round(trip.durationMs) };
        case 'reported': {
          const isDelivered = isAccepted(trip.report) && !isFromOtherServer(trip.report);
          if (!isDelivered) return failed(`The test callback did not arrive: ${describeReport(trip.report)}.`);
          return { outcome: 'arrived', arrivedAt: new Date(clock.now()), roundTripMs: Math.round(trip.durationMs) };
        }
        case 'not_triggered':
          return failed(`Resurs was not asked: ${describeFailure(trip.failure)}`);
        case 'not_arrived':
          return failed(`The test callback did not arrive: Resurs reports ${describeReport(trip.report)}.`);
      }
    },
    close: account.close,
  };
}

function failed(error: string): Answer {
  return { outcome: 'failed', error };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(0);
}
