/** Identities of callbacks, for tests. */
import { identityOf } from '../../src/callbacks/ecom/identity.ts';
import type { Identity } from '../../src/events/event.ts';
import type { Callback } from '../../src/protocol/ecom/callback.ts';

export const WINDOW_MS = 31 * 86_400_000;

/** A callback of payment 1, changed as given. */
export function callback(type: string, changes: Partial<Callback> = {}): Callback {
  const ids = { paymentId: '1', accountId: null, testParams: [], signedBytes: null };
  const base = { ...ids, result: null, digest: null, registrationTime: null, parameters: {} };
  return { type, ...base, ...changes };
}

/** The identity of such a callback. */
export function identity(
  type: string,
  body: string | Buffer | null = null,
  changes: Partial<Callback> = {},
  isResultProven = true,
): Identity {
  const evidence = { body: body === null ? null : Buffer.from(body), isResultProven };
  return identityOf(callback(type, changes), evidence, WINDOW_MS);
}
