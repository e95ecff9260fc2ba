/**
 * What the status API is asked with: schemas, and the texts behind them turned into a filter. Fastify refuses what the
 * schemas do not allow and names the field; dates and cursors, which a schema cannot judge, are refused here.
 */
import { type Static, Type } from 'typebox';
import type { ReplayFilter } from '../deliveries/replay.ts';
import type { PageFilter } from './queries.ts';

const MAX_LIMIT = 200;
const DEFAULT_LIMIT = 50;

/** No stored value holds a NUL, and Postgres refuses to be asked for one. */
const NO_NUL = '^[^\\u0000]*$';

export const EventsQuery = Type.Object(
  {
    paymentId: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: NO_NUL })),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: NO_NUL })),
    callback: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: NO_NUL })),
    state: Type.Optional(Type.Enum(['held', 'pending', 'delivering', 'delivered', 'dead_letter'])),
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT })),
    cursor: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

export const ReplaysBody = Type.Object(
  {
    state: Type.Optional(Type.Enum(['delivered', 'dead_letter'])),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 64, pattern: NO_NUL })),
    paymentId: Type.Optional(Type.String({ minLength: 1, maxLength: 255, pattern: NO_NUL })),
    from: Type.Optional(Type.String()),
    to: Type.Optional(Type.String()),
    dryRun: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);

export const EventParams = Type.Object({ id: Type.String() });
export const PaymentParams = Type.Object({ paymentId: Type.String({ minLength: 1, pattern: NO_NUL }) });

/** As long as a callback's paymentId may be, and without the control characters it may not have. */
export const OrderParams = Type.Object({
  paymentId: Type.String({ minLength: 1, maxLength: 255, pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]+$' }),
});

const UUID = /^evt_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** The database's id behind a public one, or null when it cannot be one. */
export function parsePublicId(publicId: string): string | null {
  return UUID.exec(publicId)?.[1] ?? null;
}

export type EventsQueryResult =
  | { readonly outcome: 'read'; readonly filter: PageFilter; readonly limit: number }
  | { readonly outcome: 'refused'; readonly field: string; readonly problem: string }
  /** The filter contradicts itself or the configuration, so that nothing can match. */
  | { readonly outcome: 'nothing' };

/** `hasWebhook`: without one, every pending delivery is held, and with one, none is. */
export function parseEventsQuery(query: Static<typeof EventsQuery>, hasWebhook: boolean): EventsQueryResult {
  const from = readDate(query.from);
  if (from === null) return { outcome: 'refused', field: 'from', problem: 'is not an ISO 8601 date and time' };
  const to = readDate(query.to);
  if (to === null) return { outcome: 'refused', field: 'to', problem: 'is not an ISO 8601 date and time' };
  const before = readCursor(query.cursor);
  if (before === null) return { outcome: 'refused', field: 'cursor', problem: 'is not a cursor that was handed out' };

  if (query.state === (hasWebhook ? 'held' : 'pending')) return { outcome: 'nothing' };
  const filter = {
    ...(query.paymentId === undefined ? {} : { paymentId: query.paymentId }),
    ...(query.type === undefined ? {} : { type: query.type }),
    ...(query.callback === undefined ? {} : { callback: query.callback.toUpperCase() }),
    ...(query.state === undefined ? {} : { state: query.state === 'held' ? 'pending' : query.state }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(before === undefined ? {} : { before }),
  } satisfies PageFilter;
  return { outcome: 'read', filter, limit: query.limit ?? DEFAULT_LIMIT };
}

export type ReplayRequestResult =
  | { readonly outcome: 'read'; readonly filter: ReplayFilter }
  | { readonly outcome: 'refused'; readonly field: string; readonly problem: string };

/** What `POST /replays` and the command replay are asked for, as texts. */
export interface ReplayRequest {
  readonly state?: string | undefined;
  readonly type?: string | undefined;
  readonly paymentId?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Refuses to replay everything there is. */
export function parseReplayRequest(body: ReplayRequest): ReplayRequestResult {
  const { state } = body;
  if (state !== undefined && state !== 'delivered' && state !== 'dead_letter') {
    return { outcome: 'refused', field: 'state', problem: 'is neither delivered nor dead_letter' };
  }
  const from = readDate(body.from);
  if (from === null) return { outcome: 'refused', field: 'from', problem: 'is not an ISO 8601 date and time' };
  const to = readDate(body.to);
  if (to === null) return { outcome: 'refused', field: 'to', problem: 'is not an ISO 8601 date and time' };
  if (body.state === undefined && body.paymentId === undefined && from === undefined) {
    return {
      outcome: 'refused',
      field: 'state',
      problem: 'is missing; give at least one of state, paymentId and from',
    };
  }
  const filter: ReplayFilter = {
    ...(state === undefined ? {} : { state }),
    ...(body.type === undefined ? {} : { type: body.type }),
    ...(body.paymentId === undefined ? {} : { paymentId: body.paymentId }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  return { outcome: 'read', filter };
}

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;
const HAS_ZONE = /(Z|[+-]\d{2}:\d{2})$/;

/** Undefined stays undefined; null is unreadable. A time without a zone is UTC, as everywhere in this service. */
function readDate(text: string | undefined): Date | null | undefined {
  if (text === undefined) return undefined;
  if (!ISO.test(text)) return null;
  const [year = 0, month = 0, day = 0] = text.slice(0, 'yyyy-mm-dd'.length).split('-').map(Number);
  // The built-in reader takes 30 February for 2 March.
  if (day > new Date(Date.UTC(year, month, 0)).getUTCDate()) return null;
  const date = new Date(text.includes('T') && !HAS_ZONE.test(text) ? `${text}Z` : text);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** A cursor is the sequence of the last event of a page; readers should not build on that. */
export function encodeCursor(sequence: number): string {
  return Buffer.from(`s${sequence}`).toString('base64url');
}

function readCursor(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  const sequence = /^s(\d{1,16})$/.exec(Buffer.from(text, 'base64url').toString())?.[1];
  return sequence === undefined || !Number.isSafeInteger(Number(sequence)) ? null : Number(sequence);
}
