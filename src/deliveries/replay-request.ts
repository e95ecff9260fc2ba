/** Parses the filter of a replay, as `POST /replays` and the command `replay` receive it. Pure. */
import { PROVIDERS } from '../db/schema.ts';
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
] as const satisfies readonly (keyof ReplayRequest)[];

/** Parses a filter. The caller names the fields as its users write them. */
export function parseReplayRequest(request: ReplayRequest): ReplayRequestResult {
  const { state, type, paymentId, orderReference, ...times } = request;
  if (state !== undefined && state !== 'delivered' && state !== 'dead_letter') {
    return { outcome: 'refused', field: 'state', problem: 'is neither delivered nor dead_letter' };
  }
  const provider = PROVIDERS.find((known) => known === request.provider);
  if (provider !== request.provider) {
    return { outcome: 'refused', field: 'provider', problem: `is none of ${PROVIDERS.join(', ')}` };
  }
  const from = parseIsoTime(times.from);
  if (from === null) return { outcome: 'refused', field: 'from', problem: 'is not an ISO 8601 date and time' };
  const to = parseIsoTime(times.to);
  if (to === null) return { outcome: 'refused', field: 'to', problem: 'is not an ISO 8601 date and time' };
  const given = { state, paymentId, orderReference, from };
  if (NARROWING_FIELDS.every((field) => given[field] === undefined)) return { outcome: 'too_wide' };
  const filter: ReplayFilter = {
    ...(state === undefined ? {} : { state }),
    ...(type === undefined ? {} : { type }),
    ...(paymentId === undefined ? {} : { paymentId }),
    ...(orderReference === undefined ? {} : { orderReference }),
    ...(provider === undefined ? {} : { provider }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  return { outcome: 'read', filter };
}
