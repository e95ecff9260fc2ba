/**
 * The requests of the status API: their schemas, and their parameters parsed to a filter. Fastify rejects what the
 * schemas do not allow and names the field; dates and cursors, which a schema cannot validate, are rejected here.
 */
import { type Static, Type } from 'typebox';
import { ATTEMPT_OUTCOMES, PROVIDERS } from '../db/schema.ts';
import { isReason, NO_REASON } from '../deliveries/replay-request.ts';
import { parseIsoTime } from '../lib/iso-time.ts';
import type { PageFilter } from './queries.ts';

/** Of all lists that are paged. */
export const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;

/** No stored value contains a NUL, and Postgres rejects a parameter with one. */
export const NO_NUL = '^[^\\u0000]*$';

/** How the reason of a filter is described. */
export const REASON = `Of the last attempt: ${ATTEMPT_OUTCOMES.join(', ')}, or the status of the response, such as 503`;

export const EventsQuery = Type.Object(
  {
    paymentId: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: NO_NUL })),
    orderReference: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: NO_NUL })),
    provider: Type.Optional(Type.Enum([...PROVIDERS])),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: NO_NUL })),
    callback: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: NO_NUL })),
    state: Type.Optional(Type.Enum(['held', 'pending', 'delivering', 'delivered', 'dead_letter'])),
    reason: Type.Optional(Type.String({ description: `${REASON}. A page may be empty although there are more` })),
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT })),
    cursor: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** One page of a list without a filter. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT })),
    cursor: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

/** Without a limit all that are kept are listed. */
export const RejectionsQuery = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, description: 'All of them if it is missing' })) },
  { additionalProperties: false },
);

export const EraseBody = Type.Object(
  { confirm: Type.String({ minLength: 1, description: 'The paymentId of the path, once more' }) },
  { additionalProperties: false },
);

/** A message without control characters: it becomes a reason phrase. */
export const MockErrorBody = Type.Object(
  {
    callback: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_.-]{1,64}$' })),
    code: Type.Integer({ minimum: 400, maximum: 999 }),
    message: Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$' }),
    times: Type.Integer({ minimum: 1, maximum: 100 }),
  },
  { additionalProperties: false },
);

/** How the body of an event is shown. */
export const EventQuery = Type.Object(
  {
    body: Type.Optional(
      Type.Enum(['json', 'text', 'none'], {
        default: 'json',
        description:
          'text: bodyText has the body as it was stored, whatever it is, and there is no member body. none: neither is there',
      }),
    ),
  },
  { additionalProperties: false },
);

export const EventParams = Type.Object({ id: Type.String() });
export const PaymentParams = Type.Object({ paymentId: Type.String({ minLength: 1, pattern: NO_NUL }) });

/** The maximum length of a callback's paymentId, without control characters, which it cannot contain. */
export const OrderParams = Type.Object({
  paymentId: Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$' }),
});

/** An order of the Merchant API, which Resurs is asked for when nothing comes of it. Without a body nothing is asked. */
export const OrderBody = Type.Object(
  {
    provider: Type.Optional(Type.Literal('resurs-mapi')),
    paymentId: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$', description: "Resurs' id of the payment; needs the provider" }),
    ),
  },
  { additionalProperties: false },
);

export type EventsQueryResult =
  | { readonly outcome: 'read'; readonly filter: PageFilter; readonly limit: number }
  | { readonly outcome: 'refused'; readonly field: string; readonly problem: string }
  /** The filter contradicts the configuration, so nothing can match. */
  | { readonly outcome: 'nothing' };

/** Parses the query of `GET /events`. Without a webhook every pending delivery is `held`, with one none is. */
export function parseEventsQuery(query: Static<typeof EventsQuery>, hasWebhook: boolean): EventsQueryResult {
  const from = parseIsoTime(query.from);
  if (from === null) return { outcome: 'refused', field: 'from', problem: 'is not an ISO 8601 date and time' };
  const to = parseIsoTime(query.to);
  if (to === null) return { outcome: 'refused', field: 'to', problem: 'is not an ISO 8601 date and time' };
  if (query.reason !== undefined && !isReason(query.reason)) {
    return { outcome: 'refused', field: 'reason', problem: NO_REASON };
  }
  const before = parseCursor(query.cursor);
  if (before === null)
    return { outcome: 'refused', field: 'cursor', problem: 'is not a cursor of an earlier response' };

  if (query.state === (hasWebhook ? 'held' : 'pending')) return { outcome: 'nothing' };
  const filter = {
    ...(query.paymentId === undefined ? {} : { paymentId: query.paymentId }),
    ...(query.orderReference === undefined ? {} : { orderReference: query.orderReference }),
    ...(query.provider === undefined ? {} : { provider: query.provider }),
    ...(query.type === undefined ? {} : { type: query.type }),
    ...(query.callback === undefined ? {} : { callback: query.callback.toUpperCase() }),
    ...(query.state === undefined ? {} : { state: query.state === 'held' ? 'pending' : query.state }),
    ...(query.reason === undefined ? {} : { reason: query.reason }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(before === undefined ? {} : { before }),
  } satisfies PageFilter;
  return { outcome: 'read', filter, limit: query.limit ?? DEFAULT_LIMIT };
}

/** Encodes a cursor: the sequence of the last event of a page, or the id of the last action. Clients must not rely on this format. */
export function encodeCursor(sequence: number): string {
  return Buffer.from(`s${sequence}`).toString('base64url');
}

/** Decodes a cursor; null when it is none, undefined without one. */
export function parseCursor(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  const sequence = /^s(\d{1,16})$/.exec(Buffer.from(text, 'base64url').toString())?.[1];
  return sequence === undefined || !Number.isSafeInteger(Number(sequence)) ? null : Number(sequence);
}
