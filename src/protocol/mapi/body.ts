/**
 * Parses the body of a callback of the Merchant API. Pure. The body says nearly nothing: which payment or application, a
 * word for what happened, and when. Members that are not known never matter. A member that is null counts as missing.
 */
import { isUtf8 } from 'node:buffer';
import { memberNames } from '../../lib/json.ts';
import { field, isJsonObject, matchingField } from '../../lib/json-fields.ts';

/** The kinds of callbacks, as Resurs names them. A TEST is what neither names a payment nor an application. */
export const MAPI_KINDS = ['AUTHORIZATION', 'MANAGEMENT', 'CREDIT_APPLICATION'] as const;
export type MapiKind = (typeof MAPI_KINDS)[number];

/** `word` is the status, or the action of a MANAGEMENT. Ids are in lower case. */
export type MapiCallback =
  | {
      readonly kind: 'AUTHORIZATION';
      readonly paymentId: string;
      readonly word: string;
      readonly created: string | null;
    }
  | {
      readonly kind: 'MANAGEMENT';
      readonly paymentId: string;
      readonly word: string;
      readonly actionId: string;
      readonly created: string | null;
    }
  | {
      readonly kind: 'CREDIT_APPLICATION';
      readonly applicationId: string;
      readonly word: string;
      readonly created: string | null;
    };

/** `test`: the body names neither a payment nor an application. `problem` is for the log and holds nothing of the body. */
export type MapiBodyResult =
  | { readonly outcome: 'callback'; readonly callback: MapiCallback }
  | { readonly outcome: 'test' }
  | { readonly outcome: 'malformed'; readonly problem: string };

/** Resurs' ids are UUIDs; its page on handling callbacks has another one as an example. */
const ID = /^[A-Za-z0-9-]{1,64}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** New words come without notice, so any short text without control characters is one. */
const WORD = /^\P{Cc}{1,64}$/u;

const KNOWN_MEMBERS: ReadonlySet<string> = new Set([
  'paymentId',
  'applicationId',
  'status',
  'action',
  'actionId',
  'created',
]);

/** Whether an id is a UUID. */
export function isUuid(id: string): boolean {
  return UUID.test(id);
}

/** Parses the body. `urlKind` is the kind that the URL says; null: the body's shape decides. Never throws. */
export function parseMapiBody(body: Buffer | null, urlKind: MapiKind | null): MapiBodyResult {
  const text = body === null ? null : decodeJson(body);
  const members = text === null ? null : parseObject(text);
  if (text === null || members === null || !(hasMember(members, 'paymentId') || hasMember(members, 'applicationId'))) {
    return { outcome: 'test' };
  }
  if (hasRepeatedMember(text)) return malformed('a member came twice');

  const kind = urlKind ?? kindOf(members);
  const idName = kind === 'CREDIT_APPLICATION' ? 'applicationId' : 'paymentId';
  const wordName = kind === 'MANAGEMENT' ? 'action' : 'status';
  const id = matchingField(members, idName, ID)?.toLowerCase() ?? null;
  const word = matchingField(members, wordName, WORD);
  if (id === null) return malformed(`${idName} is missing, or no id`);
  if (word === null) return malformed(`${wordName} is missing, or no word`);
  const created = textOf(field(members, 'created') ?? null);
  switch (kind) {
    case 'AUTHORIZATION':
      return { outcome: 'callback', callback: { kind, paymentId: id, word, created } };
    case 'CREDIT_APPLICATION':
      return { outcome: 'callback', callback: { kind, applicationId: id, word, created } };
    case 'MANAGEMENT': {
      const actionId = matchingField(members, 'actionId', WORD);
      if (actionId === null) return malformed('actionId is missing, or no id');
      return { outcome: 'callback', callback: { kind, paymentId: id, word, actionId, created } };
    }
  }
}

function malformed(problem: string): MapiBodyResult {
  return { outcome: 'malformed', problem };
}

/** Two parsers would read two callbacks. */
function hasRepeatedMember(text: string): boolean {
  const names = memberNames(text).filter((name) => KNOWN_MEMBERS.has(name));
  return new Set(names).size < names.length;
}

/** The kind by the shape. */
function kindOf(members: object): MapiKind {
  if (hasMember(members, 'action') && hasMember(members, 'actionId')) return 'MANAGEMENT';
  return hasMember(members, 'paymentId') ? 'AUTHORIZATION' : 'CREDIT_APPLICATION';
}

function hasMember(members: object, name: string): boolean {
  return (field(members, name) ?? null) !== null;
}

/** Returns the text of a body without its byte order mark; null if the body is not UTF-8. */
function decodeJson(body: Buffer): string | null {
  return isUtf8(body) ? body.toString('utf8').replace(/^\ufeff/, '') : null;
}

/** Returns the object that the text is; null when it is no JSON object. */
function parseObject(text: string): object | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return isJsonObject(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** A time that is no text is kept as JSON writes it, unless it is nested too deep for that. */
function textOf(value: unknown): string | null {
  if (value === null || typeof value === 'string') return value;
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
