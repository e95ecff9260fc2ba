/** Turns a refusal of the SOAP services into a failure; where Resurs asks to wait, it says for how long. */
import { parseRetryAfter } from '../lib/retry-after.ts';
import { type ApiCall, type RemoteError, type ResursFailure, rejected } from './failure.ts';
import type { HttpResponse } from './http.ts';

const LIMIT_PER_TIME_EXCEEDED = '24';
/** Resurs does not say which time its limit is about. */
const LIMIT_WAIT_MS = 60_000;
const TOO_MANY_REQUESTS = 429;
/** Without a Retry-After that can be read. */
const USUAL_WAIT_MS = 10_000;
/** No longer wait is believed. */
const MAX_WAIT_MS = 300_000;

/** Builds the failure of a call that was refused. */
export function refusedBySoap(call: ApiCall, response: HttpResponse, error: RemoteError): ResursFailure {
  const failure = rejected(call, response, error);
  if (error.errorTypeId === LIMIT_PER_TIME_EXCEEDED) return { ...failure, kind: 'limited', waitMs: LIMIT_WAIT_MS };
  if (response.status !== TOO_MANY_REQUESTS) return failure;
  return { ...failure, kind: 'limited', waitMs: Math.min(requestedWaitMs(response), MAX_WAIT_MS) };
}

/** A date is compared with Resurs' own clock, so that ours does not matter. */
function requestedWaitMs({ retryAfter, date }: HttpResponse): number {
  const isDate = retryAfter !== undefined && !/^\s*\d+\s*$/.test(retryAfter);
  if (isDate && date === null) return USUAL_WAIT_MS;
  return parseRetryAfter(retryAfter, date?.getTime() ?? 0) ?? USUAL_WAIT_MS;
}
