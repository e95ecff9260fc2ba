/** The event: every provider's callback becomes one, and everything behind the inbox reads it. */
import type { Provider, Verification } from '../db/schema.ts';
import type { Snapshot } from '../payments/snapshot.ts';
import type { Found, Missed } from './missed.ts';
import type { OrderView } from './order-state.ts';

/**
 * The deduplication key of an event: within a payment key, a second callback with the same `key` is a repeat until
 * `windowMs` has passed. `aliasKey` is a second key that the event stores but is not compared by: a BOOKED with lines
 * also makes a later bare BOOKED a repeat. `endedKeys` are keys of the opposite facts: storing the event ends their
 * windows, so that they can be reported again.
 */
export interface Identity {
  readonly key: string;
  readonly aliasKey: string | null;
  readonly windowMs: number;
  readonly endedKeys: readonly string[];
}

/** The parameters of a callback's URL; several values where a name came more than once. */
export type EventParameters = Readonly<Record<string, string | string[]>>;

/** `callback` is the type as Resurs names it, `type` the one the merchant sees. */
export interface NewEvent {
  readonly provider: Provider;
  readonly paymentKey: string;
  readonly paymentId: string | null;
  /** The shop's reference of the order, where the callback tells it; of an eCom callback the paymentId. */
  readonly orderReference: string | null;
  readonly callback: string;
  readonly type: string;
  readonly result: string | null;
  readonly method: 'GET' | 'POST';
  readonly registeredAt: Date | null;
  readonly parameters: EventParameters;
  readonly body: Buffer | null;
  readonly verified: Verification;
  readonly identity: Identity;
  /** What reconciliation found; missing for a callback. */
  readonly found?: Found;
}

/** An event as the database stores it. */
export interface StoredEvent {
  /** UUID v7; publicId formats it for the outside. */
  readonly id: string;
  readonly sequence: number;
  readonly provider: Provider;
  readonly paymentId: string | null;
  /** The shop's reference of the order; null as long as it is not known. */
  readonly orderReference: string | null;
  /** The type as Resurs names it, for example UNFREEZE. */
  readonly callback: string;
  /** The type as the merchant sees it, for example payment.unfrozen. */
  readonly type: string;
  readonly result: string | null;
  readonly method: 'GET' | 'POST';
  readonly parameters: EventParameters;
  readonly body: Buffer | null;
  readonly registeredAt: Date | null;
  readonly receivedAt: Date;
  readonly verified: Verification;
  /** What it means for the order; null when it is about no payment. */
  readonly order: OrderView | null;
  /** What Resurs held of the payment; null when it was not read. */
  readonly snapshot: Snapshot | null;
  /** What reconciliation found to be missing; null for a callback. */
  readonly missed: Missed | null;
  /** When its content was erased, for a request of a customer; null: it is there. */
  readonly erasedAt: Date | null;
}
