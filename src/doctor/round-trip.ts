/**
 * Asks Resurs for a TEST callback and waits until the running service has stored it: the one proof that covers the whole way, from
 * the registration through DNS, certificate and proxy to the database. The five values carry a proof of their own, because
 * TEST is registered without a digest; that a trigger was accepted means nothing, only the stored event does.
 */
import { setInterval } from 'node:timers/promises';
import { type DigestSettings, digestPolicyOf, isDigestRequired, triggerProof } from '../callbacks/digest.ts';
import { testKeyOf } from '../callbacks/identity.ts';
import { fixedSaltsOf } from '../callbacks/salts.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { SoapClient } from '../resurs/soap.ts';
import { paymentEvents } from '../status/queries.ts';
import type { EventRow } from '../status/render.ts';

/** What a round trip needs. */
export interface RoundTripOptions {
  readonly soap: Pick<SoapClient, 'trigger'>;
  readonly db: Database;
  readonly config: Config;
  readonly clock: Clock;
  /** So many random bytes. */
  readonly randomBytes: (size: number) => Buffer;
  /** How long to wait for the callback after Resurs took the wish. */
  readonly waitMs: number;
}

/** How it ended. `unprovable`: the service would answer the callback and not store it. */
export type RoundTrip =
  | { readonly outcome: 'arrived'; readonly event: EventRow; readonly durationMs: number }
  | { readonly outcome: 'unprovable' }
  | { readonly outcome: 'not_triggered'; readonly failure: ResursFailure }
  | { readonly outcome: 'not_arrived'; readonly waitedMs: number };

const POLL_MS = 100;

/** Makes one round trip. Throws what the database throws, and when `signal` ends it. */
export async function makeRoundTrip(options: RoundTripOptions, signal: AbortSignal): Promise<RoundTrip> {
  const { soap, config, clock, randomBytes } = options;
  const secret = secretOf(config);
  if (secret === null && !isStoredWithoutProof(config)) return { outcome: 'unprovable' };

  const values = testValues(secret, randomBytes(16).toString('hex'), Math.floor(clock.now() / 1000));
  const startedAt = clock.elapsed();
  const triggered = await soap.trigger('TEST', values, signal);
  if (triggered.outcome === 'failed') return { outcome: 'not_triggered', failure: triggered.failure };
  return waitForEvent(options, { key: testKeyOf(values), startedAt }, signal);
}

async function waitForEvent(
  { db, clock, waitMs }: RoundTripOptions,
  { key, startedAt }: { readonly key: string; readonly startedAt: number },
  signal: AbortSignal,
): Promise<RoundTrip> {
  const deadline = clock.elapsed() + waitMs;
  for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
    const [event] = await paymentEvents(db, key);
    if (event !== undefined) return { outcome: 'arrived', event, durationMs: clock.elapsed() - startedAt };
    if (clock.elapsed() > deadline) break;
  }
  return { outcome: 'not_arrived', waitedMs: clock.elapsed() - startedAt };
}

/** All five are filled: Resurs demands five, and an empty one might be left out of the URL. */
function testValues(secret: string | null, param1: string, nowSeconds: number): readonly string[] {
  const param2 = String(nowSeconds);
  const param5 = secret === null ? 'unsigned' : triggerProof(secret, param1, param2);
  return [param1, param2, 'trigger-test', 'resurs-callback-receiver', param5];
}

function secretOf(config: Config): string | null {
  return config.DIGEST_KEY ?? fixedSaltsOf('TEST', digestPolicyOf(config))[0] ?? null;
}

/** Whether the service keeps a TEST that proves nothing by itself. */
export function isStoredWithoutProof(config: DigestSettings & Pick<Config, 'BASIC_AUTH_USERNAME'>): boolean {
  return config.BASIC_AUTH_USERNAME !== null || !isDigestRequired(digestPolicyOf(config));
}
