/**
 * Turns what came back, when it is not what was asked for, into a failure that an operator can act on or ask Resurs
 * about. The two interfaces word their refusals differently; a Complaint is what they have in common, and what
 * follows from one is decided here alone. No word of a failure may hold a secret of the call, whatever the other side
 * says.
 */
import type { FailureKind, ResursFailure, ResursResult } from './failure.ts';
import type { HttpResponse, HttpResult } from './http.ts';
import { redact } from './redact.ts';

/** One call, as failures name it, and the secrets that it sends. */
export interface ApiCall {
  readonly channel: 'REST' | 'SOAP';
  readonly operation: string;
  readonly secrets: readonly string[];
}

/** What Resurs says about a refusal. `errorTypeId` is one of Resurs' numbers, and then the code too. */
export interface RemoteError {
  readonly code: string | null;
  readonly errorTypeId: string | null;
  /** Empty when there is none. */
  readonly text: string;
}

/** A refusal without a word. */
export const NO_REMOTE_ERROR: RemoteError = { code: null, errorTypeId: null, text: '' };

/** Numbers of Resurs' errors. Source: docs/protocol.md. */
const ILLEGAL_ARGUMENT = '1';
const REFERENCED_DATA_DONT_EXISTS = '8';
const NOT_AUTHORIZED = '503';

/** The call got no answer. */
export function noResponse(call: ApiCall, { kind, text }: Extract<HttpResult, { outcome: 'failed' }>): ResursFailure {
  return failure(call, { kind, status: null, code: null, text: redactedText(text, call) ?? 'it cannot be reached' });
}

/** Resurs said no; in its own words where it has any that can be shown. */
export function rejected(call: ApiCall, answer: HttpResponse, complaint: RemoteError): ResursFailure {
  const { status } = answer;
  if (isRedirect(status)) {
    return failure(call, {
      kind: 'refused',
      status,
      code: null,
      text: 'answered with a redirect, which is not followed',
    });
  }

  const kind = kindOf(status, complaint);
  const code = complaint.code === null ? null : redactedText(complaint.code, call);
  const text =
    redactedText(complaint.text, call) ?? 'refused in words that repeat a secret of the request and are not shown';
  return failure(call, { kind, status, code: code || null, text: text || defaultText(kind, answer) });
}

/** Resurs said yes, but not what it was asked for. `problem` completes "the answer …". */
export function unexpectedResponse(call: ApiCall, { status, body }: HttpResponse, problem: string): ResursFailure {
  const kind = body.outcome === 'lost' ? body.kind : 'not_understood';
  const text = `the answer ${body.outcome === 'lost' ? body.problem : problem}`;
  return failure(call, { kind, status, code: null, text });
}

/** The failure as the end of a call. */
export function failed(failure: ResursFailure): ResursResult<never> {
  return { outcome: 'failed', failure };
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** A page for people: from a proxy, or from a server that does not know the path. */
export function isWebPage({ contentType, body }: HttpResponse): boolean {
  return contentType.includes('html') || (body.outcome === 'read' && /^\s*<(?:!doctype\s+)?html/i.test(body.text));
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function kindOf(status: number, { errorTypeId, text }: RemoteError): FailureKind {
  if (status === 401 || status === 403 || errorTypeId === NOT_AUTHORIZED) return 'credentials';
  // Whoever hears "already exists" removes what exists, so nothing else may sound like it.
  const mayExist = errorTypeId === null || errorTypeId === ILLEGAL_ARGUMENT;
  if (mayExist && /already exists/i.test(text)) return 'already_exists';
  return errorTypeId === REFERENCED_DATA_DONT_EXISTS || /does not exist/i.test(text) ? 'does_not_exist' : 'refused';
}

/** What to say where Resurs says nothing that can be read. */
function defaultText(kind: FailureKind, answer: HttpResponse): string {
  if (kind === 'credentials') return 'the credentials are not accepted';
  if (answer.body.outcome === 'lost') return `refused, and the answer ${answer.body.problem}`;
  if (isWebPage(answer)) return 'refused with a web page, which is no answer of this interface';
  return answer.body.text.trim() === '' ? 'refused without a reason' : 'refused without a reason that can be read';
}

/** Null when it must not be shown. */
function redactedText(text: string, { secrets }: ApiCall): string | null {
  const shownText = redact(text, secrets);
  return shownText.outcome === 'shown' ? shownText.line : null;
}

function failure({ channel, operation }: ApiCall, rest: Omit<ResursFailure, 'channel' | 'operation'>): ResursFailure {
  return { channel, operation, ...rest };
}
