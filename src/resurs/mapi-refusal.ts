/** Turns a refusal of the Merchant API, or of its token service, into a failure. */
import { parseRetryAfter } from '../lib/retry-after.ts';
import { type ApiCall, NO_REMOTE_ERROR, type ResursFailure, rejected } from './failure.ts';
import type { HttpResponse } from './http.ts';
import { isMapiError, parseMapiError } from './mapi-error.ts';

const UNAUTHORIZED = 401;
const FORBIDDEN = 403;
const NOT_FOUND = 404;
const TOO_MANY_REQUESTS = 429;
/** Without a Retry-After that can be read. */
const USUAL_WAIT_MS = 10_000;
/** No longer wait is believed. */
const MAX_WAIT_MS = 300_000;

/** Builds the failure of a call that was refused. */
export function refusedByMapi(call: ApiCall, response: HttpResponse, nowMs: number): ResursFailure {
  const { status, body, retryAfter } = response;
  const error = body.outcome === 'read' ? parseMapiError(body.text) : NO_REMOTE_ERROR;
  const failure = rejected(call, response, error);
  switch (status) {
    case TOO_MANY_REQUESTS: {
      const waitMs = parseRetryAfter(retryAfter, nowMs) ?? USUAL_WAIT_MS;
      return { ...failure, kind: 'limited', waitMs: Math.min(waitMs, MAX_WAIT_MS) };
    }
    case UNAUTHORIZED:
      return { ...failure, kind: 'credentials' };
    case NOT_FOUND:
    case FORBIDDEN:
      // The API has none, or it belongs to another store. Without its own words it was a gateway or a firewall.
      return { ...failure, kind: isApisWord(response) ? 'does_not_exist' : 'refused' };
    default:
      return { ...failure, kind: 'refused' };
  }
}

function isApisWord({ body }: HttpResponse): boolean {
  return body.outcome === 'read' && isMapiError(body.text);
}
