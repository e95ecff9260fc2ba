/**
 * How the database keeps which interface an event came from, and its order's reference. Most events are of the eCom API,
 * so its provider is null, and so is the reference of its orders, which is the paymentId.
 */
import type { Provider } from '../db/schema.ts';

/** The columns of an event, as queries name them. */
export interface ProviderColumns {
  readonly provider: 'resurs-mapi' | null;
  readonly orderReference: string | null;
  readonly paymentId: string | null;
}

/** What the columns mean. */
export interface EventOrigin {
  readonly provider: Provider;
  readonly orderReference: string | null;
}

/** Reads the columns. */
export function originOf({ provider, orderReference, paymentId }: ProviderColumns): EventOrigin {
  if (provider === null) return { provider: 'resurs-ecom', orderReference: paymentId };
  return { provider, orderReference };
}
