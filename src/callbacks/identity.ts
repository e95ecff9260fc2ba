/**
 * What makes two callbacks of one payment the same event, and for how long: the table of docs/protocol.md. Deciding
 * between two that are equal is left to the database. Keys are stored: a change of what goes into them makes every
 * repeat of an earlier callback a new event, so it must not happen by accident. Two different facts never share a key.
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { readJson } from '../json.ts';
import type { Callback } from './callback.ts';

/**
 * Unique within a payment key while `windowMs` has not passed. `shadowKey` is a second key that the event claims without
 * being judged by it: a BOOKED with lines also occupies the place of the bare BOOKED.
 */
export interface Identity {
  readonly key: string;
  readonly shadowKey: string | null;
  readonly windowMs: number;
}

/** For what may rightly happen again: an UPDATE that says nothing, and TEST. */
const SHORT_WINDOW_MS = 60_000;
/** Times of registration; the digest is never among the parameters. */
const UNCOUNTED_NAMES = ['t', 'ts'];

/** The paymentId; TEST has none and gets a key that begins with a control character, which no paymentId holds. */
export function paymentKeyOf(callback: Callback): string {
  return callback.paymentId ?? testKeyOf(callback.testValues);
}

/** The key of a TEST with these five values. */
export function testKeyOf(values: readonly string[]): string {
  return `\u0001TEST:${fingerprint(values)}`;
}

/** `body` is null when there is none. Never throws, whatever the body holds. */
export function identityOf(callback: Callback, body: Buffer | null, dedupeWindowMs: number): Identity {
  const { type, result } = callback;
  const bare = { key: type, shadowKey: null, windowMs: dedupeWindowMs };
  switch (type) {
    case 'BOOKED':
      return body === null || hasOnlyEmptyLists(body)
        ? bare
        : { ...bare, key: keyOf(type, bodyMark(body)), shadowKey: type };
    case 'UPDATE':
      return body === null ? { ...bare, windowMs: SHORT_WINDOW_MS } : { ...bare, key: keyOf(type, bodyMark(body)) };
    case 'AUTOMATIC_FRAUD_CONTROL':
      return { ...bare, key: keyOf(type, result) };
    case 'UNFREEZE':
    case 'ANNULMENT':
    case 'FINALIZATION':
      return bare;
    case 'TEST':
      // The five values are already in the payment key.
      return { ...bare, windowMs: SHORT_WINDOW_MS };
    default:
      return { ...bare, key: keyOf(type, [countedParameters(callback), result, body && bodyMark(body)]) };
  }
}

function keyOf(type: string, material: unknown): string {
  return `${type}:${fingerprint(material)}`;
}

/** JSON as the encoding of the material: its parts cannot run into one another. */
function fingerprint(material: unknown): string {
  return hash('sha256', JSON.stringify(material), 'hex');
}

/** Equal for bodies that are equal as JSON, else for equal bytes; the tag keeps the two kinds apart. */
function bodyMark(body: Buffer): readonly [kind: string, digits: string] {
  const canonical = canonicalOf(body);
  return canonical === null ? ['bytes', hash('sha256', body, 'hex')] : ['json', hash('sha256', canonical, 'hex')];
}

function canonicalOf(body: Buffer): string | null {
  const json = isUtf8(body) ? readJson(body.toString('utf8')) : null;
  return json?.outcome === 'json' ? json.canonical : null;
}

/** An empty list, or an object with nothing but empty lists in it: what a BOOKED without extra lines carries. */
function hasOnlyEmptyLists(body: Buffer): boolean {
  const withoutStrings = canonicalOf(body)?.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '');
  return /^(?:\[\]|\{(?::\[\](?:,:\[\])*)?\})$/.test(withoutStrings ?? '');
}

/** Sorted, names without case, because neither order nor spelling of a registered URL is part of the fact. */
function countedParameters(callback: Callback): [name: string, value: string][] {
  return Object.entries(callback.parameters)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !UNCOUNTED_NAMES.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
