/** A client of the Merchant API for a test: real HTTP to an API that answers as the test says, and a clock that it sets. */
import type { TestContext } from 'node:test';
import { Agent } from 'undici';
import { createFailurePause, createRequestedWait } from '../../src/lib/failure-pause.ts';
import { createMapiClient, type MapiPaymentResult } from '../../src/resurs/mapi.ts';
import type { CallLimits, MapiClientOptions } from '../../src/resurs/mapi-call.ts';
import { createTokenSource, type TokenOptions } from '../../src/resurs/oauth.ts';
import { type MerchantApi, startMerchantApi } from '../harness/merchant-api.ts';
import { NEVER } from './fake-account.ts';

/** The payment that the API holds. */
export const PAYMENT_ID = '0a1b2c3d-0000-4000-8000-000000000001';

export const PAUSE_MS = 60_000;

export interface MapiClientSetup {
  readonly scope?: string;
  readonly otherScope?: string | null;
  readonly tokenTimeoutMs?: number;
}

/** A clock that stands still until it is moved on. */
export function createTestClock(startMs = 1_000_000) {
  let elapsedMs = startMs;
  return {
    now: () => Date.parse('2026-11-20T12:00:00Z') + elapsedMs,
    elapsed: () => elapsedMs,
    moveOn(ms: number) {
      elapsedMs += ms;
    },
  };
}

/** Starts the API with one payment, and creates a client of its account. */
export async function startMapiClient(t: TestContext, setup: MapiClientSetup = {}) {
  const { scope = 'merchant-api', otherScope = null, tokenTimeoutMs = 20_000 } = setup;
  const api = await startMerchantApi();
  const dispatcher = new Agent();
  t.after(() => Promise.all([dispatcher.destroy(), api.close()]));
  api.hold(PAYMENT_ID);
  const clock = createTestClock();
  const account = { baseUrl: api.url, clientId: api.clientId, clientSecret: api.clientSecret };
  const tokenOptions: TokenOptions = { ...account, scope, otherScope, dispatcher, timeoutMs: tokenTimeoutMs, clock };
  const tokens = createTokenSource(tokenOptions);
  const requested = createRequestedWait(clock);
  const createClient = () => {
    const pause = createFailurePause({ failures: 5, pauseMs: PAUSE_MS, clock, requested });
    const options: MapiClientOptions = { baseUrl: api.url, tokens, pause, dispatcher, clock };
    return createMapiClient(options);
  };
  const client = createClient();
  const read = (limits: Partial<CallLimits> = {}) => client.payment(PAYMENT_ID, limitsOf(limits));
  return { api, clock, client, createClient, read, tokens };
}

/** Limits that no test reaches, unless it sets them. */
export function limitsOf({ timeoutMs = 20_000, signal = NEVER }: Partial<CallLimits> = {}): CallLimits {
  return { timeoutMs, signal };
}

/** What a read ended with, in short: `found`, `unknown`, or the kind of the failure. */
export function endOf(result: MapiPaymentResult): string {
  return result.outcome === 'failed' ? result.failure.kind : result.outcome;
}

/** The tokens that were asked for so far. */
export function tokensAsked(api: MerchantApi): number {
  return api.count('/oauth2/token');
}
