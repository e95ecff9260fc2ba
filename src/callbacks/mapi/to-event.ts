/**
 * Turns an accepted callback of the Merchant API into the event to store: its public type, its payment or application,
 * and its identity (the tables of docs/protocol.md, Callbacks of the Merchant API). Keys of identities are stored: a
 * change of what goes into them makes every repeat of an earlier callback a new event.
 */
import { hash } from 'node:crypto';
import type { Verification } from '../../db/schema.ts';
import type { EventType } from '../../deliveries/payload-words.ts';
import type { EventParameters, Identity, NewEvent } from '../../events/event.ts';
import { applicationKeyOf, mapiTestKeyOf } from '../../events/payment-key.ts';
import type { MapiCallback } from '../../protocol/mapi/body.ts';
import { mapiEventType } from '../../protocol/mapi/event-types.ts';

/** What arrived beside the callback itself. */
export interface MapiArrival {
  /** The shop's reference of the order, from the URL or from the payment; null where neither tells it. */
  readonly orderReference: string | null;
  /** What else was in the URL; never the token. */
  readonly parameters: EventParameters;
  /** Null when it is empty. */
  readonly body: Buffer | null;
  readonly verified: Verification;
}

/** A test may be asked for again at once. */
const TEST_WINDOW_MS = 60_000;

/** Creates the event of a callback. Equal callbacks give equal events. */
export function toMapiEvent(callback: MapiCallback, arrival: MapiArrival, dedupeWindowMs: number): NewEvent {
  const { kind, word } = callback;
  const isApplication = kind === 'CREDIT_APPLICATION';
  const type: EventType = mapiEventType(kind, word);
  return {
    ...commonOf(arrival),
    orderReference: arrival.orderReference,
    paymentKey: isApplication ? applicationKeyOf(callback.applicationId) : callback.paymentId,
    paymentId: isApplication ? null : callback.paymentId,
    callback: kind,
    type,
    result: word,
    identity: identityOf(kind, identityOfFact(callback), dedupeWindowMs),
  };
}

/** Creates the event of a test. */
export function toMapiTestEvent(arrival: MapiArrival): NewEvent {
  const { parameters, body } = arrival;
  const material = JSON.stringify([
    Object.entries(parameters).sort(),
    body === null ? null : hash('sha256', body, 'hex'),
  ]);
  return {
    ...commonOf(arrival),
    orderReference: null,
    paymentKey: mapiTestKeyOf(material),
    paymentId: null,
    callback: 'TEST',
    type: 'callback.test',
    result: null,
    // What tells tests apart is in the payment key.
    identity: identityOf('TEST', [], TEST_WINDOW_MS),
  };
}

function commonOf({ parameters, body, verified }: MapiArrival) {
  return { provider: 'resurs-mapi', method: 'POST', registeredAt: null, parameters, body, verified } as const;
}

/** The same status at another time is another fact: FROZEN, AUTHORIZED, FROZEN may all be true. */
function identityOfFact(callback: MapiCallback): readonly (string | null)[] {
  const { kind, word, created } = callback;
  return kind === 'MANAGEMENT' ? [word, callback.actionId.toLowerCase()] : [word, created];
}

/** The material is hashed as JSON, so that its parts cannot run into one another. */
function identityOf(kind: string, material: readonly (string | null)[], windowMs: number): Identity {
  const key = `${kind}:${hash('sha256', JSON.stringify(material), 'hex')}`;
  return { key, aliasKey: null, windowMs, endedKeys: [] };
}
