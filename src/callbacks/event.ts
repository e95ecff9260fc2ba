/**
 * From an accepted callback to the event that is stored: its public type, the payment it belongs to and its identity.
 * It adds nothing that was not received and drops nothing but the digest. Sequence, id and times of receipt are left to
 * the database. A new callback type needs a line in the table below, and a case in identity.ts if it is not like others.
 */
import type { Verified } from '../db/schema.ts';
import type { Callback } from './callback.ts';
import { type Identity, identityOf, paymentKeyOf } from './identity.ts';

export type { Verified } from '../db/schema.ts';
export type { Identity } from './identity.ts';

export interface Arrival {
  readonly callback: Callback;
  readonly body: Buffer | null;
  readonly method: 'GET' | 'POST';
  readonly verified: Verified;
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
  readonly verified: Verified;
  readonly identity: Identity;
}

const EVENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['BOOKED', 'payment.booked'],
  ['UPDATE', 'payment.updated'],
  ['UNFREEZE', 'payment.unfrozen'],
  ['ANNULMENT', 'payment.annulled'],
  ['FINALIZATION', 'payment.finalized'],
  ['AUTOMATIC_FRAUD_CONTROL FROZEN', 'payment.frozen'],
  ['AUTOMATIC_FRAUD_CONTROL THAWED', 'payment.thawed'],
  ['TEST', 'callback.test'],
]);
const OTHER_TYPE = 'payment.other';
/** 10000-01-01T00:00:00Z; later dates have no four-digit year, which ISO 8601 readers expect. */
const YEAR_10000_SECONDS = 253_402_300_800;

/** A body of no bytes is no body. Equal arrivals give equal events, so it may be asked again for a repeat. */
export function eventOf(arrival: Arrival, dedupeWindowMs: number): NewEvent {
  const { callback, method, verified } = arrival;
  const body = arrival.body === null || arrival.body.length === 0 ? null : arrival.body;
  return {
    paymentKey: paymentKeyOf(callback),
    paymentId: callback.paymentId,
    callback: callback.type,
    type: eventTypeOf(callback),
    // Postgres text cannot hold NUL.
    result: callback.result?.replaceAll('\0', '\uFFFD') ?? null,
    method,
    registeredAt: dateOf(callback.registrationTime),
    parameters: { ...callback.parameters },
    body,
    verified,
    identity: identityOf(callback, body, dedupeWindowMs),
  };
}

function eventTypeOf({ type, result }: Callback): string {
  const name = type === 'AUTOMATIC_FRAUD_CONTROL' ? `${type} ${result}` : type;
  return EVENT_TYPES.get(name) ?? OTHER_TYPE;
}

function dateOf(registrationTime: string | null): Date | null {
  const seconds = Number(registrationTime ?? YEAR_10000_SECONDS);
  return seconds < YEAR_10000_SECONDS ? new Date(seconds * 1000) : null;
}
