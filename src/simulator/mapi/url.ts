/**
 * The URLs of the Merchant API's callbacks, as a shop forms them for each payment: the receiver's path, the kind, and in
 * the query the order and the token. Written again on purpose: taken from the receiver, a wrong one would be simulated
 * as well. Pure.
 */
import type { PlannedMapiCallback } from './callbacks.ts';

/** How a shop forms its URLs. */
export interface MapiUrls {
  /** A path of MAPI_CALLBACK_PATHS at the receiver, without a slash at the end. */
  readonly target: string;
  /** Null where the receiver has none. */
  readonly token: string | null;
  /** `path`: the kind is the last segment; `query`: it is `callback=`, as the shop plugin has it. */
  readonly form: 'path' | 'query';
}

const SEGMENTS = {
  AUTHORIZATION: '/authorization',
  MANAGEMENT: '/management',
  CREDIT_APPLICATION: '/credit-application',
  TEST: '',
} as const;

/** Returns the URL to which Resurs sends the callback. */
export function mapiCallbackUrl(
  { target, token, form }: MapiUrls,
  { type, orderReference, fault }: PlannedMapiCallback,
): string {
  const url = new URL(target);
  if (form === 'query' && type !== 'TEST') url.searchParams.set('callback', type);
  if (form === 'path') url.pathname = url.pathname.replace(/\/$/, '') + SEGMENTS[type];
  // docs/operations.md removes simulated tests by it.
  if (type === 'TEST') url.searchParams.set('param1', 'simulated');
  if (orderReference !== null) url.searchParams.set('order', orderReference);
  const sent = fault === 'wrong_token' ? `${token}x` : token;
  if (sent !== null) url.searchParams.set('token', sent);
  return url.href;
}
