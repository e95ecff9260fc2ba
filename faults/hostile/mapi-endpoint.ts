/**
 * The paths of the Merchant API at an endpoint, as its callers see them: which tokens are right and which are not, and
 * which payments an account can confirm. No Basic credentials are asked for there. An endpoint without a token confirms
 * each payment.
 */
import type { Random } from '../../src/lib/clock.ts';
import { pick } from '../../test/harness/random.ts';
import { choose, randomInt } from './attacks/generators.ts';
import { type Endpoint, type GuardHeaders, invalidSource, validSource } from './endpoint.ts';

/** The second one takes callbacks of eCom as well. */
export const MAPI_PATHS = ['/callbacks/mapi', '/wc-api/ResursDefault'] as const;
/** The path that takes callbacks of the Merchant API alone. */
export const [MAPI_PATH] = MAPI_PATHS;
export const SEGMENTS = {
  AUTHORIZATION: '/authorization',
  MANAGEMENT: '/management',
  CREDIT_APPLICATION: '/credit-application',
} as const;
export type Kind = keyof typeof SEGMENTS;
export const KIND_SEGMENTS = [SEGMENTS.AUTHORIZATION, SEGMENTS.MANAGEMENT, SEGMENTS.CREDIT_APPLICATION] as const;

/** How the ids of payments begin that the account sees. */
export const KNOWN_PREFIX = '0e0e0e0e-';

/** Whether a token is configured; if not, an account confirms payments. */
export function hasToken({ secrets }: Pick<Endpoint, 'secrets'>): boolean {
  return secrets.callbackToken !== null;
}

/** Draws a right token, the current or the previous one; null where none is configured. */
export function rightToken(random: Random, { secrets }: Endpoint): string | null {
  const tokens = [secrets.callbackToken, secrets.previousCallbackToken].filter((token) => token !== null);
  return pick(random, tokens) ?? null;
}

/** Appends a right token, where one is configured, to a target. */
export function withToken(random: Random, endpoint: Endpoint, target: string): string {
  const token = rightToken(random, endpoint);
  return token === null ? target : `${target}${target.includes('?') ? '&' : '?'}token=${token}`;
}

/** Returns headers of an address that may be allowed or not. */
export function mapiGuardHeaders(random: Random, endpoint: Endpoint): GuardHeaders {
  if (endpoint.hasSources && random() < 0.15) return { headers: invalidSource(random), refusal: 'callback 403' };
  return { headers: validSource(random, endpoint), refusal: null };
}

/** Draws a target whose callback nothing proves, so that it is answered 401 on its head alone. */
export function unprovenTarget(random: Random, endpoint: Endpoint): string {
  // Without a token, only an application cannot be proven at all.
  if (!hasToken(endpoint)) return `${MAPI_PATH}/credit-application?callback=CREDIT_APPLICATION`;
  const kind = choose(random, ['', ...KIND_SEGMENTS]);
  return `${MAPI_PATH}${kind}?order=${randomInt(random, 0, 1e9)}${random() < 0.5 ? '' : '&token=a-token-of-a-stranger'}`;
}

/** Makes a UUID of two numbers below 10^9. */
export function uuidFrom(prefix: string, a: number, b: number): string {
  const digits = (number: number) => String(number).padStart(9, '0');
  const [x, y] = [digits(a), digits(b)];
  return `${prefix}${x.slice(0, 4)}-4${x.slice(4, 7)}-8${x.slice(7)}0-000${y}`;
}

/** Returns the order of a payment that the account sees. */
export function heldOrder(paymentId: string): string {
  return `held-${paymentId.slice(-12)}`;
}
