/**
 * Parses an error of the Merchant API or of its token service: code, message and trace id, or the first complaints about
 * fields. Everything else in it is left out, because it may be about a customer. What looks like an address or a number
 * of a customer is taken out of the texts, too.
 */
import { JsonNumber, parseExactJson } from '../lib/exact-json.ts';
import { field, listField, matchingField, textField } from '../lib/json-fields.ts';
import { isUuid } from '../protocol/mapi/body.ts';
import { NO_REMOTE_ERROR, type RemoteError } from './failure.ts';

const MAX_COMPLAINTS = 3;
/** As PAYMENT_NOT_FOUND or invalid_client. A long number is none. */
const CODE = /^(?!.*\d{6})[\w.:-]{1,64}$/;
const TRACE_ID = /^[\w-]{1,64}$/;
const FIELD_NAME = /^(?!.*\d{6})[\w.[\]-]{1,64}$/;

/** Parses an error; a text that is none gives an error without words. Never throws. */
export function parseMapiError(text: string): RemoteError {
  const error = parseExactJson(text);
  const message = textField(error, 'message') ?? textField(error, 'error_description');
  const complaints = listField(error, 'validationErrors').slice(0, MAX_COMPLAINTS).map(describeComplaint);
  const traceId = matchingField(error, 'traceId', TRACE_ID);
  const parts = [
    message === null ? null : withoutPersonalData(message),
    ...complaints,
    traceId === null ? null : `traceId ${traceId}`,
  ];
  return { ...NO_REMOTE_ERROR, code: codeOf(error), text: parts.filter((part) => part !== null).join(', ') };
}

/**
 * True if the text is an error of the API itself, which names its code or a trace id. What has an `error` instead is
 * about the token (RFC 6750), or of a server before the API.
 */
export function isMapiError(text: string): boolean {
  const error = parseExactJson(text);
  return ownCodeOf(error) !== null || textField(error, 'traceId') !== null;
}

function codeOf(error: unknown): string | null {
  return ownCodeOf(error) ?? matchingField(error, 'error', CODE);
}

function ownCodeOf(error: unknown): string | null {
  const code = field(error, 'code');
  return code instanceof JsonNumber && CODE.test(code.text) ? code.text : matchingField(error, 'code', CODE);
}

function describeComplaint(complaint: unknown): string {
  const name = matchingField(complaint, 'fieldName', FIELD_NAME) ?? 'a field';
  return `${name}: ${withoutPersonalData(textField(complaint, 'message') ?? 'invalid')}`;
}

/** A UUID, which stays; whatever has an @; six digits or more, also with single signs between them. */
const PERSONAL = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\S*(?:@|%40)\S*|\+?\d(?:[\s.()/-]?\d){5,}/gi;

/** More is not shown, and would take long to search. */
const MAX_CHARACTERS = 1_000;

function withoutPersonalData(text: string): string {
  // A word that is cut could be an address that is not recognised.
  const shown = text.length > MAX_CHARACTERS ? text.slice(0, MAX_CHARACTERS).replace(/\S{0,1000}$/, '') : text;
  return shown.replace(PERSONAL, (found) => (isUuid(found) ? found : '…'));
}
