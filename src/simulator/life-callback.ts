/** One callback of a life, of either interface of Resurs. Pure data. */
import type { Provider } from '../db/schema.ts';
import type { Found } from '../events/missed.ts';
import type { Snapshot } from '../payments/snapshot.ts';
import type { SampleBody, SampleMoment } from './sample-bodies.ts';

export interface LifeCallback {
  /** The callbacks with one name are one event for the receiver: the second is its repeat, with the same webhook-id. */
  readonly name: string;
  readonly provider: Provider;
  /** The type as Resurs names it; of the Merchant API the kind. */
  readonly callback: string;
  readonly result: string | null;
  readonly body: SampleBody | null;
  /** The other parameters of the URL; the values of a TEST. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The event type of a later version, where the receiver of today would say `payment.other`; else null. */
  readonly laterType: string | null;
  /** What Resurs holds of the payment when the event is first sent; null: the receiver does not ask. */
  readonly snapshot: ((moment: SampleMoment) => Snapshot) | null;
  /** What reconciliation found; missing for what Resurs sends. */
  readonly found?: (moment: SampleMoment) => Found;
}

/** Makes a callback of eCom. */
export function fact(name: string, callback: string, rest: Partial<LifeCallback> = {}): LifeCallback {
  const provider = 'resurs-ecom';
  return {
    name,
    provider,
    callback,
    result: null,
    body: null,
    parameters: {},
    laterType: null,
    snapshot: null,
    ...rest,
  };
}
