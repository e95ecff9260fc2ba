/**
 * The token of the Merchant API, by client credentials (RFC 6749, 4.4). It is asked for when it is first needed, renewed
 * before its end, and renewed once when the API does not accept it. One renewal runs at a time. Everyone waits for it who
 * has no valid token; while the old one is valid no call waits. Its lifetime is measured by a clock that never steps, from before it was asked for: so neither
 * the host's clock nor a slow response makes it look younger than it is.
 */
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  noResponse,
  type ResursFailure,
  type ResursResult,
  unexpectedResponse,
} from './failure.ts';
import { type HttpResponse, sendRequest, type Transport } from './http.ts';
import { refusedByMapi } from './mapi-refusal.ts';
import { parseToken } from './mapi-token.ts';

export interface TokenOptions extends Transport {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** Tried where the scope is refused; null: none. */
  readonly otherScope: string | null;
  readonly clock: Clock;
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

/** How failures name the request for a token. */
export const TOKEN_OPERATION = 'POST /oauth2/token';
/** A token is renewed so long before its end, so that a request that takes long still arrives with a valid one. */
const RENEW_BEFORE_MS = 60_000;
/** After a renewal that failed while the token is still valid. */
const RENEW_AGAIN_MS = 10_000;
/** Of a token whose lifetime is not told. */
const USUAL_LIFETIME_MS = 300_000;
/** No token is held longer, whatever its lifetime is said to be. */
const MAX_LIFETIME_MS = 86_400_000;

/** Creates it without a token. */
export function createTokenSource(options: TokenOptions): TokenSource {
  const { clock, otherScope } = options;
  let held: HeldToken | null = null;
  let renewal: Promise<ResursResult<string>> | null = null;
  let scope = options.scope;

  async function request(): Promise<ResursResult<Granted>> {
    const granted = await requestToken(options, scope);
    if (!isScopeRefused(granted) || otherScope === null || scope === otherScope) return granted;
    const other = await requestToken(options, otherScope);
    if (other.outcome === 'failed') return granted;
    scope = otherScope;
    return other;
  }

  async function renew(): Promise<ResursResult<string>> {
    const askedAtMs = clock.elapsed();
    const granted = await request();
    if (granted.outcome === 'failed') {
      if (held !== null) held = { ...held, renewAtMs: clock.elapsed() + RENEW_AGAIN_MS };
      return granted;
    }
    const { accessToken, lifetimeMs } = granted.value;
    const endsAtMs = askedAtMs + lifetimeMs;
    held = { value: accessToken, endsAtMs, renewAtMs: endsAtMs - Math.min(RENEW_BEFORE_MS, lifetimeMs / 2) };
    return { outcome: 'done', value: accessToken };
  }

  function renewOnce(): Promise<ResursResult<string>> {
    renewal ??= renew().finally(() => {
      renewal = null;
    });
    return renewal;
  }

  return {
    async token(signal) {
      const nowMs = clock.elapsed();
      if (held === null || nowMs >= held.endsAtMs) return abortable(renewOnce(), signal);
      // While it is valid no call waits for the next one.
      if (nowMs >= held.renewAtMs) void renewOnce();
      return { outcome: 'done', value: held.value };
    },
    refuse(token) {
      if (held?.value === token) held = null;
    },
  };
}

interface Granted {
  readonly accessToken: string;
  readonly lifetimeMs: number;
}

async function requestToken(options: TokenOptions, scope: string): Promise<ResursResult<Granted>> {
  const { baseUrl, clientId, clientSecret } = options;
  const call: ApiCall = { channel: 'MAPI', operation: TOKEN_OPERATION, secrets: [clientSecret] };
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
  // A call that waits for it may give up; the renewal itself goes on, for the next one.
  const result = await sendRequest(options, request, new AbortController().signal);
  if (result.outcome === 'failed') return failed(noResponse(call, result));
  const { response } = result;
  if (!isSuccess(response.status)) return failed(refused(call, response, options.clock.now()));
  const parsed = response.body.outcome === 'read' ? parseToken(response.body.text) : null;
  if (parsed?.outcome !== 'read') {
    return failed(unexpectedResponse(call, response, parsed?.problem ?? 'was lost'));
  }
  const { accessToken, expiresInSeconds } = parsed.value;
  const lifetimeMs = expiresInSeconds === null ? USUAL_LIFETIME_MS : Math.max(0, expiresInSeconds) * 1000;
  return { outcome: 'done', value: { accessToken, lifetimeMs: Math.min(lifetimeMs, MAX_LIFETIME_MS) } };
}

const INVALID_SCOPE = 'invalid_scope';
const FORBIDDEN = 403;
/** Errors of the credentials themselves, which the standard answers with 400. */
const CREDENTIAL_ERRORS = new Set(['invalid_client', 'unauthorized_client', 'invalid_grant']);

function refused(call: ApiCall, response: HttpResponse, nowMs: number): ResursFailure {
  const failure = refusedByMapi(call, response, nowMs);
  if (CREDENTIAL_ERRORS.has(failure.code ?? '')) return { ...failure, kind: 'credentials' };
  if (failure.kind !== 'does_not_exist') return failure;
  // It is about the token. Nothing was said about the payment for which it was asked.
  return { ...failure, kind: failure.status === FORBIDDEN ? 'credentials' : 'refused' };
}

function isScopeRefused(result: ResursResult<unknown>): boolean {
  return result.outcome === 'failed' && result.failure.code === INVALID_SCOPE;
}
