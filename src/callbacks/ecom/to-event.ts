/**
 * Turns an authenticated callback into the event to store: its public type, its payment and its identity. It adds
 * nothing that was not received and drops only the digest. The database assigns sequence, id and times of receipt. A
 * new callback type needs a line in the table below, and a case in identity.ts unless the default fits.
 */
import type { Verification } from '../../db/schema.ts';
import type { EventType } from '../../deliveries/payload-words.ts';
import type { NewEvent } from '../../events/event.ts';
import { paymentKeyOf } from '../../events/payment-key.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';
import { identityOf } from './identity.ts';

export interface ReceivedCallback {
  readonly callback: Callback;
  readonly body: Buffer | null;
  readonly method: 'GET' | 'POST';
  readonly verified: Verification;
}

const EVENT_TYPES: ReadonlyMap<string, EventType> = new Map([
  ['BOOKED', 'payment.booked'],
  ['UPDATE', 'payment.updated'],
  ['UNFREEZE', 'payment.unfrozen'],
  ['ANNULMENT', 'payment.annulled'],
  ['FINALIZATION', 'payment.finalized'],
  ['AUTOMATIC_FRAUD_CONTROL FROZEN', 'payment.frozen'],
  ['AUTOMATIC_FRAUD_CONTROL THAWED', 'payment.thawed'],
  ['TEST', 'callback.test'],
  ['PASSWORD_EXPIRATION', 'account.password_expiring'],
]);
const FALLBACK_TYPE: EventType = 'payment.other';
/** 10000-01-01T00:00:00Z. Later dates have no four-digit year, which ISO 8601 parsers expect. */
const YEAR_10000_SECONDS = 253_402_300_800;

/** Creates the event. A body of no bytes counts as no body. Equal callbacks give equal events. */
export function toEvent(received: ReceivedCallback, dedupeWindowMs: number): NewEvent {
  const { callback, method, verified } = received;
  const body = received.body === null || received.body.length === 0 ? null : received.body;
  return {
    provider: 'resurs-ecom',
    paymentKey: paymentKeyOf(callback),
    paymentId: callback.paymentId,
    orderReference: callback.paymentId,
    callback: callback.type,
    type: eventTypeOf(callback),
    // Postgres text cannot hold NUL.
    result: callback.result?.replaceAll('\0', '\uFFFD') ?? null,
    method,
    registeredAt: parseRegistrationTime(callback.registrationTime),
    parameters: { ...callback.parameters },
    body,
    verified,
    identity: identityOf(callback, { body, isResultProven: verified.result }, dedupeWindowMs),
  };
}

function eventTypeOf({ type, result }: Callback): EventType {
  const name = type === 'AUTOMATIC_FRAUD_CONTROL' ? `${type} ${result}` : type;
  return EVENT_TYPES.get(name) ?? FALLBACK_TYPE;
}

function parseRegistrationTime(registrationTime: string | null): Date | null {
  const seconds = Number(registrationTime ?? YEAR_10000_SECONDS);
  return seconds < YEAR_10000_SECONDS ? new Date(seconds * 1000) : null;
}
