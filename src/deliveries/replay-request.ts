/**
 * The filter of a replay: parsed from the words that `POST /replays` and the command `replay` receive, and turned back
 * into them, to be kept. Pure.
 */
import { ATTEMPT_OUTCOMES, PROVIDERS } from '../db/schema.ts';
import { parsePublicId, publicId } from '../events/public-id.ts';
import { parseIsoTime } from '../lib/iso-time.ts';
import type { ReplayFilter } from './replay.ts';

/** The fields of a filter as text. */
export interface ReplayRequest {
  readonly state?: string | undefined;
  readonly type?: string | undefined;
  readonly paymentId?: string | undefined;
  readonly orderReference?: string | undefined;
  readonly provider?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly reason?: string | undefined;
  readonly ids?: readonly string[] | undefined;
}

export type ReplayRequestResult =
  | { readonly outcome: 'read'; readonly filter: ReplayFilter }
  | { readonly outcome: 'refused'; readonly field: keyof ReplayRequest; readonly problem: string }
  /** None of NARROWING_FIELDS is given, so the replay would be one of everything. */
  | { readonly outcome: 'too_wide' };

/** A filter needs at least one of these. */
export const NARROWING_FIELDS = [
  'state',
  'paymentId',
  'orderReference',
  'from',
  'ids',
] as const satisfies readonly (keyof ReplayRequest)[];

/** As many as one step replays. */
export const MAX_IDS = 1_000;
const STATUS = /^[1-9]\d{2}$/;

/** Parses a filter. The caller names the fields as its users write them. */
export function parseReplayRequest(request: ReplayRequest): ReplayRequestResult {
  const { state, type, paymentId, orderReference, reason, ...times } = request;
  if (state !== undefined && state !== 'delivered' && state !== 'dead_letter') {
    return { outcome: 'refused', field: 'state', problem: 'is neither delivered nor dead_letter' };
  }
  const provider = PROVIDERS.find((known) => known === request.provider);
  if (provider !== request.provider) {
    return { outcome: 'refused', field: 'provider', problem: `is none of ${PROVIDERS.join(', ')}` };
  }
  const from = parseTime(times.from);
  if (from === null) return { outcome: 'refused', field: 'from', problem: 'is not an ISO 8601 date and time' };
  const to = parseTime(times.to);
  if (to === null) return { outcome: 'refused', field: 'to', problem: 'is not an ISO 8601 date and time' };
  if (reason !== undefined && !isReason(reason)) {
    return { outcome: 'refused', field: 'reason', problem: NO_REASON };
  }
  const ids = parseIds(request.ids);
  if (typeof ids === 'string') return { outcome: 'refused', field: 'ids', problem: ids };
  const filter: ReplayFilter = {
    ...(state === undefined ? {} : { state }),
    ...(type === undefined ? {} : { type }),
    ...(paymentId === undefined ? {} : { paymentId }),
    ...(orderReference === undefined ? {} : { orderReference }),
    ...(provider === undefined ? {} : { provider }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(reason === undefined ? {} : { reason }),
    ...(ids === undefined ? {} : { ids }),
  };
  if (NARROWING_FIELDS.every((field) => filter[field] === undefined)) return { outcome: 'too_wide' };
  return { outcome: 'read', filter };
}

/** A time whose zone takes it out of the years of four digits could not be written again as it was read. */
function parseTime(text: string | undefined): Date | null | undefined {
  const time = parseIsoTime(text);
  return time instanceof Date && parseIsoTime(time.toISOString()) === null ? null : time;
}

/** What is wrong with a text that is no reason. */
export const NO_REASON = `is none of ${ATTEMPT_OUTCOMES.join(', ')}, and no status of a response`;

/** Whether it is how an attempt may have ended: its outcome, or the status of the response. */
export function isReason(reason: string): boolean {
  return STATUS.test(reason) || ATTEMPT_OUTCOMES.some((outcome) => outcome === reason);
}

/** Returns each id once, as in the database; or what is wrong with them. */
function parseIds(given: readonly string[] | undefined): readonly string[] | undefined | string {
  if (given === undefined) return undefined;
  if (given.length === 0 || given.length > MAX_IDS) return `must have 1 to ${MAX_IDS} ids`;
  const ids = given.map(parsePublicId).filter((id) => id !== null);
  return ids.length === given.length ? [...new Set(ids)].sort() : 'has one that is no id of an event (evt_ and a UUID)';
}

/** Writes a filter as a request that is parsed to the same filter; equal filters become equal requests. */
export function requestOf({ from, to, ids, ...filter }: ReplayFilter): ReplayRequest {
  const { state, type, paymentId, orderReference, provider, reason } = filter;
  return {
    state,
    type,
    paymentId,
    orderReference,
    provider,
    from: from?.toISOString(),
    to: to?.toISOString(),
    reason,
    ids: ids?.map(publicId),
  };
}
