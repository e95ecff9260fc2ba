/**
 * Renders a stored event as the merchant receives it: docs/delivery.md. Pure; the same event always gives the same
 * bytes, so a repeat is recognizable. Digest, salt and credentials are not part of an event and so cannot leak from
 * here.
 */
import type { Config } from '../config/settings.ts';
import type { Verification } from '../db/schema.ts';
import { bodyFields, readBodyContent } from '../events/body.ts';
import type { StoredEvent } from '../events/event.ts';
import { orderNow } from '../events/order-now.ts';
import { publicId } from '../events/public-id.ts';
import type { Snapshot } from '../payments/snapshot.ts';
import { applicationIdOf, managementChange } from './mapi-fields.ts';
import { type PaymentChange, parsePaymentDiff } from './payment-diff.ts';

/** Which Resurs the events come from: RESURS_ENVIRONMENT. */
export type Environment = Config['RESURS_ENVIRONMENT'];

/** Renders the request body, UTF-8. It contains the callback's own JSON exactly as it was received. */
export function renderPayload(event: StoredEvent, environment: Environment): Buffer {
  const data = [
    `"sequence":${event.sequence}`,
    `"provider":"${event.provider}"`,
    `"callback":${JSON.stringify(event.callback)}`,
    `"paymentId":${JSON.stringify(event.paymentId)}`,
    `"orderReference":${JSON.stringify(event.orderReference)}`,
    ...applicationField(event),
    `"order":${renderOrder(event)}`,
    `"result":${JSON.stringify(event.result)}`,
    `"method":"${event.method}"`,
    `"registeredAt":${JSON.stringify(event.registeredAt)}`,
    `"receivedAt":${JSON.stringify(event.receivedAt)}`,
    `"parameters":${JSON.stringify(event.parameters)}`,
    bodyFields(event.body),
    ...changeField(event),
    ...missedField(event),
    ...snapshotFields(event.snapshot),
    ...(event.erasedAt === null ? [] : [`"erasedAt":${JSON.stringify(event.erasedAt)}`]),
    `"verified":${renderVerified(event.verified)}`,
  ];
  const head = [
    `"id":"${publicId(event.id)}"`,
    `"type":${JSON.stringify(event.type)}`,
    `"timestamp":${JSON.stringify(event.receivedAt)}`,
    `"environment":"${environment}"`,
  ];
  return Buffer.from(`{${head.join(',')},"data":{${data.join(',')}}}`);
}

function changeField(event: StoredEvent): string[] {
  const change = changeOf(event);
  return change === null ? [] : [`"change":${JSON.stringify(change)}`];
}

/** The parts of an event that hold what it says beside its type. */
export type EventContent = Pick<StoredEvent, 'provider' | 'callback' | 'body'>;

/** Returns the change of the payment that the event reports; null if it reports none that is certain. */
export function changeOf({ provider, callback, body }: EventContent): PaymentChange | null {
  if (provider === 'resurs-mapi') return callback === 'MANAGEMENT' ? managementChange(body) : null;
  if (callback !== 'UPDATE') return null;
  const content = readBodyContent(body);
  // A body that two JSON parsers may read differently says nothing certain.
  return content.outcome === 'json' ? parsePaymentDiff(content.text) : null;
}

function applicationField(event: StoredEvent): string[] {
  return isApplication(event) ? [`"applicationId":${JSON.stringify(applicationIdOf(event.body))}`] : [];
}

/** True if the event is about an application, and so about no payment yet. */
export function isApplication({ provider, callback }: EventContent): boolean {
  return provider === 'resurs-mapi' && callback === 'CREDIT_APPLICATION';
}

/** What Resurs holds of the payment decides, where it was read. */
function renderOrder({ order, snapshot }: StoredEvent): string {
  if (order === null) return 'null';
  const payment = snapshot?.payment ?? null;
  const { state, certain, earlier } = payment === null ? order : orderNow(payment.state, order.earlier);
  return JSON.stringify({ state, certain, earlier });
}

function missedField({ missed }: StoredEvent): string[] {
  return missed === null ? [] : [`"missed":${JSON.stringify(missed.facts)}`];
}

function snapshotFields(snapshot: Snapshot | null): string[] {
  if (snapshot === null) return [];
  if (snapshot.payment !== null) return [`"payment":${JSON.stringify(snapshot.payment)}`];
  return ['"payment":null', `"paymentError":${JSON.stringify(snapshot.paymentError)}`];
}

function renderVerified({ digest, result, basicAuth, source, token = false, api = false }: Verification): string {
  return JSON.stringify({ digest, result, basicAuth, source, token, api });
}
