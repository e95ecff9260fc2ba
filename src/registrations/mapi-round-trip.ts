/**
 * Has the Merchant API send its own test callback to a URL of ours, and waits until the running service has stored it.
 * The URL carries the token, as those of payments do, and a random value by which the test is found. Where no token is
 * configured a test proves nothing about its sender, so the service stores none, and only Resurs' word counts.
 */
import { setInterval } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { findMapiTest, type StoredMapiTest } from '../events/mapi-tests.ts';
import type { Clock } from '../lib/clock.ts';
import { mapiCallbackUrls, withParameter } from '../protocol/mapi/callback-urls.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { MapiClient } from '../resurs/mapi.ts';
import type { TestCallbackReport } from '../resurs/mapi-parser.ts';
import { isAccepted } from './mapi-test-words.ts';

export interface MapiRoundTripOptions {
  readonly client: Pick<MapiClient, 'testCallback'>;
  /** Null where tests are not stored. */
  readonly db: Database | null;
  readonly config: Pick<Config, 'MAPI_CALLBACK_TOKEN'>;
  /** The URL below which callbacks of the Merchant API arrive. */
  readonly target: string;
  readonly clock: Pick<Clock, 'elapsed'>;
  /** Returns so many random bytes. */
  readonly randomBytes: (size: number) => Buffer;
  /** How long Resurs may take to send the test and to report on it. */
  readonly callMs: number;
  /** How long to wait for the event after Resurs' report. */
  readonly waitMs: number;
}

/** How it ended. `reported`: the service stores no test, so there is only the report. */
export type MapiRoundTripResult =
  | { readonly outcome: 'not_triggered'; readonly failure: ResursFailure }
  | { readonly outcome: 'reported'; readonly report: TestCallbackReport; readonly durationMs: number }
  | ArrivedTest
  | { readonly outcome: 'not_arrived'; readonly report: TestCallbackReport; readonly waitedMs: number };

interface ArrivedTest {
  readonly outcome: 'arrived';
  readonly report: TestCallbackReport;
  readonly event: StoredMapiTest;
  readonly durationMs: number;
}

const POLL_MS = 100;
/** What Resurs could not deliver may still have arrived, but then it has arrived already. */
const WAIT_AFTER_REFUSAL_MS = 2_000;

/** Makes one round trip. Throws the errors of the database, and when `signal` ends it. */
export async function mapiRoundTrip(options: MapiRoundTripOptions, signal: AbortSignal): Promise<MapiRoundTripResult> {
  const { client, db, config, target, clock, randomBytes, callMs } = options;
  const value = randomBytes(16).toString('hex');
  const { authorization } = mapiCallbackUrls({ target, order: null, token: config.MAPI_CALLBACK_TOKEN });
  const startedAt = clock.elapsed();

  const call = await client.testCallback(withParameter(authorization, 'test', value), { timeoutMs: callMs, signal });

  if (call.outcome === 'failed') return { outcome: 'not_triggered', failure: call.failure };
  const report = call.value;
  if (db === null) return { outcome: 'reported', report, durationMs: clock.elapsed() - startedAt };
  const waitMs = isAccepted(report) ? options.waitMs : Math.min(options.waitMs, WAIT_AFTER_REFUSAL_MS);
  const reportedAt = clock.elapsed();
  for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
    const event = await findMapiTest(db, value);
    if (event !== null) return { outcome: 'arrived', report, event, durationMs: clock.elapsed() - startedAt };
    if (clock.elapsed() - reportedAt > waitMs) break;
  }
  return { outcome: 'not_arrived', report, waitedMs: clock.elapsed() - reportedAt };
}
