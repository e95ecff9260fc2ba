/** Events of the Merchant API in a database, stored by the receiver's own code from the bodies of callbacks. */
import { randomUUIDv7 } from 'node:crypto';
import { toMapiEvent } from '../../src/callbacks/mapi/to-event.ts';
import { openDatabase } from '../../src/db/client.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { recordBatch } from '../../src/inbox/record.ts';
import type { Snapshot } from '../../src/payments/snapshot.ts';
import { parseMapiBody } from '../../src/protocol/mapi/body.ts';
import { queryOnce } from './service.ts';

export interface MapiEventOptions {
  readonly orderReference?: string;
  readonly snapshot?: Snapshot;
  /** With a delivery that is due. */
  readonly deliver?: boolean;
}

const VERIFIED = { digest: false, result: true, basicAuth: false, source: false, token: true, api: false };

/** Returns the event of a callback with this body. */
export function mapiEvent(body: object, orderReference: string | null): NewEvent {
  const bytes = Buffer.from(JSON.stringify(body));
  const parsed = parseMapiBody(bytes, null);
  if (parsed.outcome !== 'callback') throw new Error(`no callback: ${JSON.stringify(body)}`);
  const arrival = { orderReference, parameters: {}, body: bytes, verified: VERIFIED };
  return toMapiEvent(parsed.callback, arrival, 31 * 86_400_000);
}

/** Stores one; returns its public id. */
export async function storeMapiEvent(
  { databaseUrl }: { readonly databaseUrl: string },
  body: object,
  { orderReference, snapshot, deliver = false }: MapiEventOptions = {},
): Promise<string> {
  const db = openDatabase({ connectionString: databaseUrl, poolSize: 1, onConnectionError: () => undefined });
  const id = randomUUIDv7();
  try {
    const event = mapiEvent(body, orderReference ?? null);
    await recordBatch(db, [{ id, event, receipts: 1, deliver }], {
      maxEventsPerPayment: 0,
      claims: { max: 0, token: id, leaseMs: 1 },
    });
  } finally {
    await db.close();
  }
  if (snapshot !== undefined) {
    await queryOnce(databaseUrl, 'update events set snapshot = $1 where id = $2', [JSON.stringify(snapshot), id]);
  }
  return `evt_${id}`;
}
