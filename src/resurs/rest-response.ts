/**
 * Parses the responses of the REST interface. Only the fields that are needed have to be there: Resurs adds fields and
 * entries without notice. Errors come in several shapes (docs/protocol.md), and each of them is parsed.
 */
import { NO_REMOTE_ERROR, type RemoteError } from './failure.ts';

/** `problem` completes "the response …". */
export type ParseResult<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/** The text fields of the error shapes, the most specific first. */
const TEXTS = ['userErrorMessage', 'description', 'message', 'errorTypeDescription', 'error'];
const CODES = ['errorTypeId', 'errorCode', 'code'];

/** Parses the registrations by type; entries of an unknown shape are ignored. */
export function parseList(text: string): ParseResult<ReadonlyMap<string, string>> {
  const list = parseJson(text);
  if (!Array.isArray(list)) return unreadable('is not a JSON list');

  const registrations = new Map<string, string>();
  for (const entry of list.filter(isObject)) {
    const [type, uriTemplate] = [stringField(entry, 'eventType'), stringField(entry, 'uriTemplate')];
    if (type !== null && uriTemplate !== null) registrations.set(type, uriTemplate);
  }
  return { outcome: 'read', value: registrations };
}

/** Parses the template of one type; null when nothing is registered, for which Resurs sends an empty body. */
export function parseTemplate(text: string): ParseResult<string | null> {
  if (text.trim() === '') return { outcome: 'read', value: null };

  const entry = parseJson(text);
  if (entry === null) return { outcome: 'read', value: null };
  if (!isObject(entry)) return unreadable('is not a JSON object');
  const { uriTemplate = null } = entry;
  if (uriTemplate !== null && typeof uriTemplate !== 'string')
    return unreadable('has a uriTemplate that is not a string');
  return { outcome: 'read', value: stringField(entry, 'uriTemplate') };
}

/** Parses an error: the fields of a JSON object, or plain text unchanged; markup has no explanation. */
export function parseError(text: string): RemoteError {
  const error = parseJson(text);
  if (typeof error === 'string') return { ...NO_REMOTE_ERROR, text: error };
  if (error === undefined) return /^\s*[<[{]/.test(text) ? NO_REMOTE_ERROR : { ...NO_REMOTE_ERROR, text };
  if (!isObject(error)) return NO_REMOTE_ERROR;

  return {
    code: CODES.map((name) => codeField(error, name)).find((code) => code !== null) ?? null,
    errorTypeId: codeField(error, 'errorTypeId'),
    text: TEXTS.map((name) => stringField(error, name)).find((one) => one !== null) ?? '',
  };
}

/** Undefined for text that is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null for anything but a string that is not empty. */
function stringField(object: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : null;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Codes come as numbers or as strings. */
function codeField(object: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = object[name];
  return typeof value === 'number' ? String(value) : stringField(object, name);
}

function unreadable(problem: string): { outcome: 'unreadable'; problem: string } {
  return { outcome: 'unreadable', problem };
}
