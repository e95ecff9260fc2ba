/**
 * One call of the Merchant API: with the token, and once with another one where the first is not accepted. Where Resurs
 * asks to wait (429), or too many calls in a row fail, nothing is sent for a while. Only an abort by the caller is thrown.
 */
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import type { FailurePause } from '../lib/failure-pause.ts';
import {
  type ApiCall,
  failed,
  isSuccess,
  isWebPage,
  noResponse,
  type ResursFailure,
  type ResursResult,
  unexpectedResponse,
} from './failure.ts';
import { type HttpRequest, type HttpResponse, sendRequest, type Transport } from './http.ts';
import { refusedByMapi } from './mapi-refusal.ts';
import { TOKEN_OPERATION, type TokenSource } from './oauth.ts';
import type { ParseResult } from './rest-response.ts';

export interface MapiClientOptions extends Omit<Transport, 'timeoutMs'> {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly tokens: TokenSource;
  /** Shared by all calls of this client. */
  readonly pause: FailurePause;
  readonly clock: Clock;
}

/** Limits of one call. It ends within `timeoutMs`, a token that has to be renewed included. */
export interface CallLimits {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface MapiCall<T> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** As failures name it. */
  readonly operation: string;
  readonly body: string | null;
  /** What the body holds and no failure may show. */
  readonly secrets?: readonly string[];
  readonly parse: (text: string) => ParseResult<T>;
}

const UNAUTHORIZED = 401;

/** Sends the call unless there is a pause, and counts how it ended. */
export async function callMapi<T>(
  options: MapiClientOptions,
  call: MapiCall<T>,
  { timeoutMs, signal }: CallLimits,
): Promise<ResursResult<T>> {
  signal.throwIfAborted();
  const { pause } = options;
  const leave = pause.take();
  if (leave.outcome === 'paused') return failed(paused(call.operation, leave.waitMs));
  const timeout = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  let result: ResursResult<T>;
  try {
    result = await abortable(callOnce({ options, timeoutMs, signal: either }, call), either);
  } catch (error) {
    if (!timeout.aborted || signal.aborted) pause.abandoned();
    signal.throwIfAborted();
    if (!timeout.aborted) throw error;
    result = failed({ ...withoutResponse(call.operation, `no response within ${timeoutMs} ms`), kind: 'timed_out' });
  }
  count(pause, result);
  return result;
}

interface CallContext {
  readonly options: MapiClientOptions;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** With a token, and with another one if the first is not accepted. */
async function callOnce<T>(context: CallContext, call: MapiCall<T>): Promise<ResursResult<T>> {
  const { tokens } = context.options;
  const token = await tokens.token(context.signal);
  if (token.outcome === 'failed') return token;
  const first = await callWith(token.value, context, call);
  if (first.outcome !== 'failed' || first.failure.status !== UNAUTHORIZED) return first;
  tokens.refuse(token.value);
  const renewed = await tokens.token(context.signal);
  return renewed.outcome === 'failed' ? renewed : callWith(renewed.value, context, call);
}

async function callWith<T>(
  token: string,
  { options, timeoutMs, signal }: CallContext,
  { method, path, operation, body, secrets = [], parse }: MapiCall<T>,
): Promise<ResursResult<T>> {
  const apiCall: ApiCall = { channel: 'MAPI', operation, secrets: [token, ...secrets] };
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'application/json',
    ...(body === null ? {} : { 'content-type': 'application/json' }),
  };
  const request: HttpRequest = { method, url: options.baseUrl + path, headers, body };
  const result = await sendRequest({ dispatcher: options.dispatcher, timeoutMs }, request, signal);
  if (result.outcome === 'failed') return failed(noResponse(apiCall, result));
  const { response } = result;
  if (!isSuccess(response.status)) return failed(refusedByMapi(apiCall, response, options.clock.now()));
  const parsed = parseResponse(response, parse);
  if (parsed.outcome === 'unreadable') return failed(unexpectedResponse(apiCall, response, parsed.problem));
  return { outcome: 'done', value: parsed.value };
}

function parseResponse<T>(response: HttpResponse, parse: MapiCall<T>['parse']): ParseResult<T> {
  if (response.body.outcome === 'lost') return { outcome: 'unreadable', problem: response.body.problem };
  return isWebPage(response) ? { outcome: 'unreadable', problem: 'is a web page' } : parse(response.body.text);
}

function count(pause: FailurePause, result: ResursResult<unknown>): void {
  const failure = result.outcome === 'done' ? null : result.failure;
  if (failure?.kind === 'limited') pause.waitFor(failure.waitMs ?? 0);
  if (failure === null || isAnswer(failure)) pause.succeeded();
  else pause.failed();
}

/** Whether the API worked and refused only this call. Without a token it refuses all of them. */
function isAnswer({ kind, status, operation }: ResursFailure): boolean {
  if (kind === 'limited') return true;
  if (kind === 'credentials' || operation === TOKEN_OPERATION) return false;
  return status !== null && status >= 400 && status < 500;
}

function paused(operation: string, waitMs: number): ResursFailure {
  const text = `not asked: nothing is sent for another ${Math.ceil(waitMs / 1_000)} s, after failures or because Resurs asked to wait`;
  return { ...withoutResponse(operation, text), kind: 'paused', waitMs };
}

/** A failure that is not about a response. */
export function withoutResponse(operation: string, text: string): ResursFailure {
  return { channel: 'MAPI', operation, kind: 'not_understood', status: null, code: null, text };
}
