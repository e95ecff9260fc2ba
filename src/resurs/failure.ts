/**
 * The results of calls to Resurs, and the conversion of an unexpected response into a failure that an operator can act
 * on or ask Resurs about. A refusal is an outcome and not an exception: it has the interface, the call, and Resurs' own
 * code and text. The two interfaces word their refusals differently. A RemoteError is what they have in common, and
 * only this file decides what follows from it. No text of a failure may hold a secret of the call, whatever the other
 * side sends.
 */
import type { HttpResponse, HttpResult } from './http.ts';
import { redact } from './redact.ts';

/** The interfaces of Resurs. MAPI is the Merchant API, REST and SOAP are those of eCom. */
export type Channel = 'REST' | 'SOAP' | 'MAPI';

/** The kinds that decide the next step; `refused` is every other refusal. */
export type FailureKind =
  | 'already_exists'
  | 'does_not_exist'
  | 'credentials'
  | 'refused'
  | 'unreachable'
  | 'timed_out'
  | 'not_understood'
  /** Resurs asks to wait (429). */
  | 'limited'
  /** Nothing was sent: too many calls before it failed, or Resurs has asked to wait. */
  | 'paused';

/** One call that failed. No part of it holds a salt or a password. */
export interface ResursFailure {
  readonly channel: Channel;
  /** As `POST /callbacks/BOOKED` or `registerEventCallback BOOKED`. */
  readonly operation: string;
  readonly kind: FailureKind;
  /** The HTTP status, or null without a response. */
  readonly status: number | null;
  /** Resurs' own error code, or null when it gave none. */
  readonly code: string | null;
  /** Resurs' own text, else ours; one line. */
  readonly text: string;
  /** After how many milliseconds the same call may succeed, where that is known. */
  readonly waitMs?: number;
}

/** How a call ended. */
export type ResursResult<T> =
  | { readonly outcome: 'done'; readonly value: T }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

/** Formats a failure in one line: interface, call, status, code and text. */
export function describeFailure({ channel, operation, status, code, text }: ResursFailure): string {
  const facts = [status === null ? null : `HTTP ${status}`, code === null ? null : `code ${code}`].filter(
    (fact) => fact !== null,
  );
  return `${channel} ${operation}: ${facts.length === 0 ? '' : `${facts.join(', ')}: `}${text}`;
}

/** One call as failures name it, and the secrets that it sends. */
export interface ApiCall {
  readonly channel: Channel;
  readonly operation: string;
  readonly secrets: readonly string[];
}

/** Resurs' explanation of a refusal. `errorTypeId` is one of Resurs' numbers, and then the code too. */
export interface RemoteError {
  readonly code: string | null;
  readonly errorTypeId: string | null;
  /** Empty when there is none. */
  readonly text: string;
}

/** A refusal without an explanation. */
export const NO_REMOTE_ERROR: RemoteError = { code: null, errorTypeId: null, text: '' };

/** Numbers of Resurs' errors. Source: docs/protocol.md. */
const ILLEGAL_ARGUMENT = '1';
const REFERENCED_DATA_DONT_EXISTS = '8';
const NOT_AUTHORIZED = '503';

/** Builds the failure of a call without a response. */
export function noResponse(call: ApiCall, { kind, text }: Extract<HttpResult, { outcome: 'failed' }>): ResursFailure {
  return failure(call, { kind, status: null, code: null, text: redactedText(text, call) ?? 'unreachable' });
}

/** Builds the failure of a refused call, with Resurs' own text where there is one that may be shown. */
export function rejected(call: ApiCall, response: HttpResponse, error: RemoteError): ResursFailure {
  const { status } = response;
  if (isRedirect(status)) {
    return failure(call, {
      kind: 'refused',
      status,
      code: null,
      text: 'redirected, and redirects are not followed',
    });
  }

  const kind = kindOf(status, error);
  const code = error.code === null ? null : redactedText(error.code, call);
  const text =
    redactedText(error.text, call) ?? 'refused; its text is hidden because it repeats a secret of the request';
  return failure(call, { kind, status, code: code || null, text: text || defaultText(kind, response) });
}

/** Builds the failure of a successful call whose response cannot be used. `problem` completes "the response …". */
export function unexpectedResponse(call: ApiCall, { status, body }: HttpResponse, problem: string): ResursFailure {
  const kind = body.outcome === 'lost' ? body.kind : 'not_understood';
  const text = `the response ${body.outcome === 'lost' ? body.problem : problem}`;
  return failure(call, { kind, status, code: null, text });
}

/** Wraps a failure as the result of a call. */
export function failed(failure: ResursFailure): Extract<ResursResult<never>, { outcome: 'failed' }> {
  return { outcome: 'failed', failure };
}

/** Whether a status is one of 2xx. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Returns whether it is an HTML page: from a proxy, or from a server that does not know the path. */
export function isWebPage({ contentType, body }: HttpResponse): boolean {
  return contentType.includes('html') || (body.outcome === 'read' && /^\s*<(?:!doctype\s+)?html/i.test(body.text));
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function kindOf(status: number, { errorTypeId, text }: RemoteError): FailureKind {
  if (status === 401 || status === 403 || errorTypeId === NOT_AUTHORIZED) return 'credentials';
  // After `already_exists` the caller removes the registration, so no other error may be classified so.
  const mayExist = errorTypeId === null || errorTypeId === ILLEGAL_ARGUMENT;
  if (mayExist && /already exists/i.test(text)) return 'already_exists';
  return errorTypeId === REFERENCED_DATA_DONT_EXISTS || /does not exist/i.test(text) ? 'does_not_exist' : 'refused';
}

/** The text where Resurs sends none that can be read. */
function defaultText(kind: FailureKind, response: HttpResponse): string {
  if (kind === 'credentials') return 'the credentials are not accepted';
  if (response.body.outcome === 'lost') return `refused, and the response ${response.body.problem}`;
  if (isWebPage(response)) return 'refused with a web page, which is not a response of this interface';
  return response.body.text.trim() === '' ? 'refused without a reason' : 'refused without a readable reason';
}

/** Null when it must not be shown. */
function redactedText(text: string, { secrets }: ApiCall): string | null {
  const redacted = redact(text, secrets);
  return redacted.outcome === 'shown' ? redacted.line : null;
}

function failure({ channel, operation }: ApiCall, rest: Omit<ResursFailure, 'channel' | 'operation'>): ResursFailure {
  return { channel, operation, ...rest };
}
