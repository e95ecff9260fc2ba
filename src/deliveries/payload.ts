/**
 * Renders a stored event as the merchant receives it: docs/delivery.md. Pure; the same event always gives the same
 * bytes, so a repeat is recognizable. Digest, salt and credentials are not part of an event and so cannot leak from
 * here.
 */
import type { Config } from '../config/settings.ts';
import type { Verification } from '../db/schema.ts';
import { bodyFields, readBodyContent } from '../events/body.ts';
import { publicId, type StoredEvent } from '../events/event.ts';
import type { OrderView } from '../events/order-state.ts';
import { parsePaymentDiff } from './payment-diff.ts';

/** Which Resurs the events come from: RESURS_ENVIRONMENT. */
export type Environment = Config['RESURS_ENVIRONMENT'];

/** Renders the request body, UTF-8. It contains the callback's own JSON exactly as it was received. */
export function renderPayload(event: StoredEvent, environment: Environment): Buffer {
  const data = [
    `"sequence":${event.sequence}`,
    '"provider":"resurs-ecom"',
    `"callback":${JSON.stringify(event.callback)}`,
    `"paymentId":${JSON.stringify(event.paymentId)}`,
    // The eCom API calls the order's reference its payment id.
    `"orderReference":${JSON.stringify(event.paymentId)}`,
    `"order":${renderOrder(event.order)}`,
    `"result":${JSON.stringify(event.result)}`,
    `"method":"${event.method}"`,
    `"registeredAt":${JSON.stringify(event.registeredAt)}`,
    `"receivedAt":${JSON.stringify(event.receivedAt)}`,
    `"parameters":${JSON.stringify(event.parameters)}`,
    bodyFields(event.body),
    ...changeField(event),
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
  if (event.callback !== 'UPDATE') return [];
  const content = readBodyContent(event.body);
  // A body that two JSON parsers may read differently says nothing certain.
  const change = content.outcome === 'json' ? parsePaymentDiff(content.text) : null;
  return change === null ? [] : [`"change":${JSON.stringify(change)}`];
}

function renderOrder(order: OrderView | null): string {
  if (order === null) return 'null';
  const { state, certain, earlier } = order;
  return JSON.stringify({ state, certain, earlier });
}

function renderVerified({ digest, result, basicAuth, source }: Verification): string {
  return JSON.stringify({ digest, result, basicAuth, source });
}
