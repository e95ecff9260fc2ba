/**
 * Asks Resurs for a TEST callback and waits until the running service has stored it: the one proof that covers the whole way, from
 * the registration through DNS, certificate and proxy to the database. The five values carry a proof of their own, because
 * TEST is registered without a digest; that a trigger was accepted means nothing, only the stored event does.
 */
import { setInterval } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { testPaymentKeyOf } from '../events/payment-key.ts';
import type { EventRow } from '../events/queries.ts';
import { findPaymentEvents } from '../events/queries.ts';
import type { Clock } from '../lib/clock.ts';
import { createDigestPolicy, type DigestSettings, fixedSaltsFor, isDigestRequired } from '../protocol/ecom/salts.ts';
import { signTest } from '../protocol/ecom/test-signature.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { SoapClient } from '../resurs/soap.ts';

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
export type RoundTripResult =
  | { readonly outcome: 'arrived'; readonly event: EventRow; readonly durationMs: number }
  | { readonly outcome: 'unprovable' }
  | { readonly outcome: 'not_triggered'; readonly failure: ResursFailure }
  | { readonly outcome: 'not_arrived'; readonly waitedMs: number };

const POLL_MS = 100;

/** Makes one round trip. Throws what the database throws, and when `signal` ends it. */
export async function triggerRoundTrip(options: RoundTripOptions, signal: AbortSignal): Promise<RoundTripResult> {
  const { soap, config, clock, randomBytes } = options;
  const secret = testSigningSecret(config);
  if (secret === null && !isStoredWithoutProof(config)) return { outcome: 'unprovable' };

  const values = testParams(secret, randomBytes(16).toString('hex'), Math.floor(clock.now() / 1000));
  const startedAt = clock.elapsed();
  const triggered = await soap.trigger('TEST', values, signal);
  if (triggered.outcome === 'failed') return { outcome: 'not_triggered', failure: triggered.failure };
  return waitForEvent(options, { key: testPaymentKeyOf(values), startedAt }, signal);
}

async function waitForEvent(
  { db, clock, waitMs }: RoundTripOptions,
  { key, startedAt }: { readonly key: string; readonly startedAt: number },
  signal: AbortSignal,
): Promise<RoundTripResult> {
  const deadline = clock.elapsed() + waitMs;
  for await (const _ of setInterval(POLL_MS, undefined, { signal })) {
    const [event] = await findPaymentEvents(db, key);
    if (event !== undefined) return { outcome: 'arrived', event, durationMs: clock.elapsed() - startedAt };
    if (clock.elapsed() > deadline) break;
  }
  return { outcome: 'not_arrived', waitedMs: clock.elapsed() - startedAt };
}

/** All five are filled: Resurs demands five, and an empty one might be left out of the URL. */
function testParams(secret: string | null, param1: string, nowSeconds: number): readonly string[] {
  const param2 = String(nowSeconds);
  const param5 = secret === null ? 'unsigned' : signTest(secret, param1, param2);
  return [param1, param2, 'trigger-test', 'resurs-callback-receiver', param5];
}

function testSigningSecret(config: Config): string | null {
  return config.DIGEST_KEY ?? fixedSaltsFor('TEST', createDigestPolicy(config))[0] ?? null;
}

/** Whether the service keeps a TEST that proves nothing by itself. */
export function isStoredWithoutProof(config: DigestSettings & Pick<Config, 'BASIC_AUTH_USERNAME'>): boolean {
  return config.BASIC_AUTH_USERNAME !== null || !isDigestRequired(createDigestPolicy(config));
}
