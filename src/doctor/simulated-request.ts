/**
 * The request of a simulated callback: a TEST as Resurs would send it after a registration that is made now, or the test
 * of the Merchant API. Pure. It goes to the callback URL of the settings and nowhere else.
 */
import type { Config } from '../config/settings.ts';
import { mapiCallbackUrls, withParameter } from '../protocol/mapi/callback-urls.ts';
import { callbackUrl } from '../registrations/desired.ts';
import { storesUnsignedTests } from '../registrations/round-trip.ts';
import type { ProbeRequest } from './probe/http.ts';
import { JAVA_USER_AGENT, plainTest, registrationTimeNow, signerFor, testRequest } from './probe/test-request.ts';

/** The APIs of Resurs. */
export const CALLBACK_INTERFACES = ['ecom', 'merchantApi'] as const;
export type CallbackInterface = (typeof CALLBACK_INTERFACES)[number];

export interface SimulatedRequest {
  readonly request: ProbeRequest;
  /** Where it goes, without a query: neither digest nor token. */
  readonly url: string;
  readonly hasCredentials: boolean;
  /** How its event is found. */
  readonly key: { readonly values: readonly string[] } | { readonly test: string };
  /** Null: it is stored. Else why not, and what to do. */
  readonly notStored: { readonly message: string; readonly fix: string } | null;
}

export interface RequestParts {
  readonly config: Config;
  /** What the paths of callbacks stand behind: PUBLIC_URL, or the address of the service itself. */
  readonly baseUrl: string;
  readonly nowMs: number;
  /** Returns so many random bytes. */
  readonly randomBytes: (size: number) => Buffer;
}

const VALUE_BYTES = 8;

/** Creates the request; null where the settings take no callbacks of this interface. */
export function simulatedRequest(which: CallbackInterface, parts: RequestParts): SimulatedRequest | null {
  return which === 'ecom' ? ecomRequest(parts) : mapiRequest(parts);
}

function ecomRequest({ config, baseUrl, nowMs, randomBytes }: RequestParts): SimulatedRequest {
  const url = callbackUrl(baseUrl, config.CALLBACK_PATHS);
  const registeredAt = registrationTimeNow(nowMs);
  const random = () => randomBytes(VALUE_BYTES).toString('hex');
  const values = ['simulated', random(), random(), random(), random()];
  const sign = signerFor(config, registeredAt);
  const plain = plainTest(config);
  const request = testRequest(url, registeredAt, { ...plain, values, digest: sign === null ? null : sign(values) });
  const isStored = sign !== null || storesUnsignedTests(config);
  return {
    request,
    url,
    hasCredentials: plain.authorization !== null,
    key: { values },
    notStored: isStored ? null : UNSIGNED,
  };
}

function mapiRequest({ config, baseUrl, randomBytes }: RequestParts): SimulatedRequest | null {
  const { MAPI_CALLBACK_PATHS: paths, MAPI_CALLBACK_TOKEN: token } = config;
  if (paths === null) return null;
  const test = `simulated-${randomBytes(VALUE_BYTES).toString('hex')}`;
  const target = callbackUrl(baseUrl, paths);
  const full = withParameter(mapiCallbackUrls({ target, order: null, token }).authorization, 'test', test);
  const { origin, pathname } = new URL(full);
  const headers = { 'user-agent': JAVA_USER_AGENT, 'content-type': 'application/json' };
  return {
    // An empty object is a test.
    request: { method: 'POST', target: full.slice(origin.length), headers, body: '{}' },
    url: `${origin}${pathname}`,
    hasCredentials: false,
    key: { test },
    notStored: token === null ? TOKENLESS : null,
  };
}

const UNSIGNED = {
  message: 'The callback was accepted and not stored: TEST has no salt here, and nothing else proves it.',
  fix: 'Set DIGEST_SALT_TEST, or DIGEST_KEY for all types.',
};
const TOKENLESS = {
  message: 'The callback was accepted and not stored: without MAPI_CALLBACK_TOKEN nothing proves it.',
  fix: 'Set MAPI_CALLBACK_TOKEN.',
};
