/**
 * The token of the Merchant API, by client credentials (RFC 6749, 4.4). It is asked for when it is first needed, renewed
 * before its end, and renewed once when the API does not accept it. One renewal runs at a time, and everyone who needs
 * the token waits for it. Its lifetime is measured by a clock that never steps, from before it was asked for: so neither
 * the host's clock nor a slow response makes it look younger than it is.
 */
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  NO_REMOTE_ERROR,
  noResponse,
  type ResursFailure,
  type ResursResult,
  rejected,
  unexpectedResponse,
} from './failure.ts';
import { type HttpResponse, sendRequest, type Transport } from './http.ts';
import { parseMapiError, parseToken } from './mapi-parser.ts';

export interface TokenOptions extends Transport {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** Tried where the scope is refused; null: none. */
  readonly otherScope: string | null;
  readonly clock: Pick<Clock, 'elapsed'>;
}

export interface TokenSource {
  /** Returns a token that is valid for a while. Throws only when `signal` fires. */
  token(signal: AbortSignal): Promise<ResursResult<string>>;
  /** The API refused this token: it is not used again. */
  refuse(token: string): void;
}

interface HeldToken {
  readonly value: string;
  readonly renewAtMs: number;
  readonly endsAtMs: number;
}

const OPERATION = 'POST /oauth2/token';
/** A token is renewed so long before its end, so that a request that takes long still arrives with a valid one. */
const RENEW_BEFORE_MS = 60_000;
/** Of a token whose lifetime is not told. */
const USUAL_LIFETIME_MS = 300_000;
/** No token is held longer, whatever its lifetime is said to be. */
const MAX_LIFETIME_MS = 86_400_000;

/** Creates it without a token. */
export function createTokenSource(options: TokenOptions): TokenSource {
  const { clock } = options;
  let held: HeldToken | null = null;
  let renewal: Promise<ResursResult<string>> | null = null;
  let scope = options.scope;

  async function renew(): Promise<ResursResult<string>> {
    const askedAtMs = clock.elapsed();
    let granted = await requestToken(options, scope);
    if (isScopeRefused(granted) && options.otherScope !== null && scope !== options.otherScope) {
      const other = await requestToken(options, options.otherScope);
      if (other.outcome === 'done') [granted, scope] = [other, options.otherScope];
    }
    if (granted.outcome === 'failed')
      return held !== null && clock.elapsed() < held.endsAtMs ? done(held.value) : granted;
    const { accessToken, lifetimeMs } = granted.value;
    const endsAtMs = askedAtMs + lifetimeMs;
    held = { value: accessToken, endsAtMs, renewAtMs: endsAtMs - Math.min(RENEW_BEFORE_MS, lifetimeMs / 2) };
    return done(accessToken);
  }

  return {
    async token(signal) {
      if (held !== null && clock.elapsed() < held.renewAtMs) return done(held.value);
      renewal ??= renew().finally(() => {
        renewal = null;
      });
      return abortable(renewal, signal);
    },
    refuse(token) {
      if (held?.value === token) held = null;
    },
  };
}

function done<T>(value: T): ResursResult<T> {
  return { outcome: 'done', value };
}

interface Granted {
  readonly accessToken: string;
  readonly lifetimeMs: number;
}

async function requestToken(options: TokenOptions, scope: string): Promise<ResursResult<Granted>> {
  const { baseUrl, clientId, clientSecret } = options;
  const call: ApiCall = { channel: 'MAPI', operation: OPERATION, secrets: [clientSecret] };
  const form = new URLSearchParams({
    client_id: clientId,
    client_secret: clientSecret,
    scope,
    grant_type: 'client_credentials',
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const request = {
    method: 'POST',
    url: `${baseUrl}/oauth2/token`,
    headers,
    body: form.toString(),
    isRepeatable: true,
  } as const;
  // Whoever waits for it may give up; the renewal itself goes on, for the next one.
  const result = await sendRequest(options, request, new AbortController().signal);
  if (result.outcome === 'failed') return failed(noResponse(call, result));
  const { response } = result;
  if (!isSuccess(response.status)) return failed(refused(call, response));
  const parsed = response.body.outcome === 'read' ? parseToken(response.body.text) : null;
  if (parsed?.outcome !== 'read') {
    return failed(unexpectedResponse(call, response, parsed?.problem ?? 'was lost'));
  }
  const { accessToken, expiresInSeconds } = parsed.value;
  const lifetimeMs = expiresInSeconds === null ? USUAL_LIFETIME_MS : Math.max(0, expiresInSeconds) * 1000;
  return done({ accessToken, lifetimeMs: Math.min(lifetimeMs, MAX_LIFETIME_MS) });
}

/** Errors of the credentials themselves, which the standard answers with 400. */
const CREDENTIAL_ERRORS = new Set(['invalid_client', 'unauthorized_client', 'invalid_grant']);
const INVALID_SCOPE = 'invalid_scope';

function refused(call: ApiCall, response: HttpResponse): ResursFailure {
  const error = response.body.outcome === 'read' ? parseMapiError(response.body.text) : NO_REMOTE_ERROR;
  const failure = rejected(call, response, error);
  return CREDENTIAL_ERRORS.has(error.code ?? '') ? { ...failure, kind: 'credentials' } : failure;
}

function isScopeRefused(result: ResursResult<unknown>): boolean {
  return result.outcome === 'failed' && result.failure.code === INVALID_SCOPE;
}
