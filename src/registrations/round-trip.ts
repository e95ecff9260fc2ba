/**
 * Triggers a TEST callback at Resurs and waits until the running service has stored it. Only this proves the whole
 * path, from the registration through DNS, certificate and proxy to the database. The five values carry a signature of
 * their own, because TEST may be registered without a digest; one that carries a digest proves the salt as well. An
 * accepted trigger proves nothing; only the stored event does.
 */
import { setInterval } from 'node:timers/promises';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { testPaymentKeyOf } from '../events/payment-key.ts';
import { type EventRow, findPaymentEvents } from '../events/queries.ts';
import type { Clock } from '../lib/clock.ts';
import { createDigestPolicy, type DigestSettings, fixedSaltsFor, isDigestRequired } from '../protocol/ecom/salts.ts';
import { signTest } from '../protocol/ecom/test-signature.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { SoapClient } from '../resurs/soap.ts';

export interface RoundTripOptions {
  readonly soap: Pick<SoapClient, 'trigger'>;
  readonly db: Database;
  readonly config: Config;
  readonly clock: Clock;
  /** Returns so many random bytes. */
  readonly randomBytes: (size: number) => Buffer;
  /** How long to wait for the callback after Resurs accepted the trigger. */
  readonly waitMs: number;
  /** What asks, as the TEST says it. */
  readonly purpose?: 'trigger-test' | 'heartbeat';
}

/** How it ended. `not_storable`: the service would answer the callback but not store it. */
export type RoundTripResult =
  | { readonly outcome: 'arrived'; readonly event: EventRow; readonly durationMs: number }
  | { readonly outcome: 'not_storable' }
  | { readonly outcome: 'not_triggered'; readonly failure: ResursFailure }
  | { readonly outcome: 'not_arrived'; readonly waitedMs: number };

const POLL_MS = 100;

/** Makes one round trip. Throws the errors of the database, and when `signal` ends it. */
export async function triggerRoundTrip(options: RoundTripOptions, signal: AbortSignal): Promise<RoundTripResult> {
  const { soap, config, clock, randomBytes, purpose = 'trigger-test' } = options;
  if (!canStoreTests(config)) return { outcome: 'not_storable' };

  const signed = { param1: randomBytes(16).toString('hex'), param2: String(Math.floor(clock.now() / 1000)) };
  const values = testParams(testSigningSecret(config), signed, purpose);
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

/** Fills all five: Resurs requires five, and might leave an empty one out of the URL. */
function testParams(
  secret: string | null,
  { param1, param2 }: { readonly param1: string; readonly param2: string },
  purpose: string,
): readonly string[] {
  const param5 = secret === null ? 'unsigned' : signTest(secret, param1, param2);
  return [param1, param2, purpose, 'resurs-callback-receiver', param5];
}

/**
 * Returns what a TEST that has arrived proves about the salts, for a line of output; null when callbacks carry no
 * digest here.
 */
export function saltProof({ verified }: Pick<EventRow, 'verified'>, config: DigestSettings): string | null {
  if (verified.digest) return 'its digest is right, so the salt of TEST is the registered one';
  if (!isDigestRequired(createDigestPolicy(config))) return null;
  return 'it carried no digest, so the salts are not proven by it';
}

function testSigningSecret(config: Config): string | null {
  return config.DIGEST_KEY ?? fixedSaltsFor('TEST', createDigestPolicy(config))[0] ?? null;
}

/** Returns whether the service stores a TEST that is asked for with these settings. */
export function canStoreTests(config: Config): boolean {
  return testSigningSecret(config) !== null || storesUnsignedTests(config);
}

/** Returns whether the service stores a TEST that carries neither digest nor signature. */
export function storesUnsignedTests(config: DigestSettings & Pick<Config, 'BASIC_AUTH_USERNAME'>): boolean {
  return config.BASIC_AUTH_USERNAME !== null || !isDigestRequired(createDigestPolicy(config));
}
