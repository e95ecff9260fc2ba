/**
 * Reads what the REST interface answers. Of what is asked for, only the part that is needed has to be there: Resurs
 * adds fields and entries without notice. Errors come in several shapes (docs/protocol.md), of which each is
 * understood.
 */
import { NO_REMOTE_ERROR, type RemoteError } from './remote-error.ts';

/** `problem` completes "the answer …". */
export type ParseResult<T> =
  | { readonly outcome: 'read'; readonly value: T }
  | { readonly outcome: 'unreadable'; readonly problem: string };

/** The texts of the error shapes, the most telling first. */
const TEXTS = ['userErrorMessage', 'description', 'message', 'errorTypeDescription', 'error'];
const CODES = ['errorTypeId', 'errorCode', 'code'];

/** The registrations by type; entries of an unknown shape are passed over. */
export function readList(text: string): ParseResult<ReadonlyMap<string, string>> {
  const list = parse(text);
  if (!Array.isArray(list)) return unreadable('is no JSON list');

  const registrations = new Map<string, string>();
  for (const entry of list.filter(isObject)) {
    const [type, uriTemplate] = [textIn(entry, 'eventType'), textIn(entry, 'uriTemplate')];
    if (type !== null && uriTemplate !== null) registrations.set(type, uriTemplate);
  }
  return { outcome: 'read', value: registrations };
}

/** The template of one type; null when nothing is registered, for which Resurs has an empty body. */
export function readTemplate(text: string): ParseResult<string | null> {
  if (text.trim() === '') return { outcome: 'read', value: null };

  const entry = parse(text);
  if (entry === null) return { outcome: 'read', value: null };
  if (!isObject(entry)) return unreadable('is no JSON object');
  const { uriTemplate = null } = entry;
  if (uriTemplate !== null && typeof uriTemplate !== 'string') return unreadable('has a uriTemplate that is no text');
  return { outcome: 'read', value: textIn(entry, 'uriTemplate') };
}

/** What an error says: the fields of a JSON object, or a plain text as it is; a web page says nothing. */
export function readComplaint(text: string): RemoteError {
  const error = parse(text);
  if (typeof error === 'string') return { ...NO_REMOTE_ERROR, text: error };
  if (error === undefined) return /^\s*[<[{]/.test(text) ? NO_REMOTE_ERROR : { ...NO_REMOTE_ERROR, text };
  if (!isObject(error)) return NO_REMOTE_ERROR;

  return {
    code: CODES.map((name) => codeIn(error, name)).find((code) => code !== null) ?? null,
    errorTypeId: codeIn(error, 'errorTypeId'),
    text: TEXTS.map((name) => textIn(error, name)).find((one) => one !== null) ?? '',
  };
}

/** Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null for anything but a text that is not empty. */
function textIn(object: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = Object.hasOwn(object, name) ? object[name] : null;
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Codes come as numbers or as texts. */
function codeIn(object: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = object[name];
  return typeof value === 'number' ? String(value) : textIn(object, name);
}

function unreadable(problem: string): { outcome: 'unreadable'; problem: string } {
  return { outcome: 'unreadable', problem };
}
