/**
 * A stored event as the merchant gets it: docs/delivery.md. Pure; the same event always gives the same bytes, so a
 * repeat is recognisably the same. Digest, salt and credentials are not part of an event and so cannot leak from here.
 */
import type { Verified } from '../db/schema.ts';
import { bodyMembers, showBody } from './body.ts';
import { changeOf } from './change.ts';

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
  readonly verified: Verified;
}

/** The id the outside knows: `webhook-id`, and what the status API takes. */
export function publicId(eventId: string): string {
  return `evt_${eventId}`;
}

/** The request body, UTF-8. The callback's own JSON stands in it exactly as it was received. */
export function renderPayload(event: StoredEvent): Buffer {
  const data = [
    `"sequence":${event.sequence}`,
    '"provider":"resurs-ecom"',
    `"callback":${JSON.stringify(event.callback)}`,
    `"paymentId":${JSON.stringify(event.paymentId)}`,
    `"result":${JSON.stringify(event.result)}`,
    `"method":"${event.method}"`,
    `"registeredAt":${JSON.stringify(event.registeredAt)}`,
    `"receivedAt":${JSON.stringify(event.receivedAt)}`,
    `"parameters":${JSON.stringify(event.parameters)}`,
    bodyMembers(event.body),
    ...changeMember(event),
    `"verified":${renderVerified(event.verified)}`,
  ];
  const head = `"type":${JSON.stringify(event.type)},"timestamp":${JSON.stringify(event.receivedAt)}`;
  return Buffer.from(`{${head},"data":{${data.join(',')}}}`);
}

function changeMember(event: StoredEvent): string[] {
  if (event.callback !== 'UPDATE') return [];
  const shown = showBody(event.body);
  // A body that two readers may read in two ways announces nothing certain.
  const change = shown.outcome === 'json' ? changeOf(shown.text) : null;
  return change === null ? [] : [`"change":${JSON.stringify(change)}`];
}

function renderVerified({ digest, result, basicAuth, source }: Verified): string {
  return JSON.stringify({ digest, result, basicAuth, source });
}
