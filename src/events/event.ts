/** The stored fact: what every provider's callback becomes, and what everything behind the inbox reads. */
import type { Verification } from '../db/schema.ts';

/**
 * Unique within a payment key while `windowMs` has not passed. `aliasKey` is a second key that the event claims without
 * being judged by it: a BOOKED with lines also occupies the place of the bare BOOKED.
 */
export interface Identity {
  readonly key: string;
  readonly aliasKey: string | null;
  readonly windowMs: number;
}

/** `callback` is the type as Resurs names it, `type` the one the merchant sees. */
export interface NewEvent {
  readonly paymentKey: string;
  readonly paymentId: string | null;
  readonly callback: string;
  readonly type: string;
  readonly result: string | null;
  readonly method: 'GET' | 'POST';
  readonly registeredAt: Date | null;
  readonly parameters: Record<string, string>;
  readonly body: Buffer | null;
  readonly verified: Verification;
  readonly identity: Identity;
}

/** An event as the database holds it. */
export interface StoredEvent {
  /** UUID v7; outside it is shown as `evt_` + this. */
  readonly id: string;
  readonly sequence: number;
  readonly paymentId: string | null;
  /** Resurs' word, as UNFREEZE. */
  readonly callback: string;
  /** Our word, as payment.unfrozen. */
  readonly type: string;
  readonly result: string | null;
  readonly method: 'GET' | 'POST';
  readonly parameters: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
  readonly registeredAt: Date | null;
  readonly receivedAt: Date;
  readonly verified: Verification;
}

/** The id the outside knows: `webhook-id`, and what the status API takes. */
export function publicId(eventId: string): string {
  return `evt_${eventId}`;
}
