/**
 * Computes the identity of a callback: the deduplication key that makes two callbacks of one payment the same event,
 * and how long it is valid (the table of docs/protocol.md). The database decides between two callbacks that arrive
 * together. Keys are stored: a change of what goes into them makes every repeat of an earlier callback a new event, so
 * it must not happen by accident. Two different facts never share a key.
 */
import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { Identity } from '../../events/event.ts';
import { canonicalizeJson } from '../../lib/json.ts';
import type { Callback } from '../../protocol/ecom/callback.ts';

/** For facts that may rightly happen again: an UPDATE without a body, and TEST. */
const SHORT_WINDOW_MS = 60_000;
/** Times of registration. The digest is never among the parameters. */
const IGNORED_PARAMETERS = ['t', 'ts'];

/** Computes the identity. `body` is null when there is none. Never throws, whatever the body holds. */
export function identityOf(callback: Callback, body: Buffer | null, dedupeWindowMs: number): Identity {
  const { type, result } = callback;
  const typeOnly = { key: type, aliasKey: null, windowMs: dedupeWindowMs };
  switch (type) {
    case 'BOOKED':
      return body === null || hasOnlyEmptyLists(body)
        ? typeOnly
        : { ...typeOnly, key: keyOf(type, bodyFingerprint(body)), aliasKey: type };
    case 'UPDATE':
      return body === null
        ? { ...typeOnly, windowMs: SHORT_WINDOW_MS }
        : { ...typeOnly, key: keyOf(type, bodyFingerprint(body)) };
    case 'AUTOMATIC_FRAUD_CONTROL':
      return { ...typeOnly, key: keyOf(type, result) };
    case 'UNFREEZE':
    case 'ANNULMENT':
    case 'FINALIZATION':
      return typeOnly;
    case 'TEST':
      // The five values are already in the payment key.
      return { ...typeOnly, windowMs: SHORT_WINDOW_MS };
    default:
      return { ...typeOnly, key: keyOf(type, [identityParameters(callback), result, body && bodyFingerprint(body)]) };
  }
}

function keyOf(type: string, material: unknown): string {
  return `${type}:${fingerprint(material)}`;
}

/** Hashes the material as JSON, so that its parts cannot run into one another. */
function fingerprint(material: unknown): string {
  return hash('sha256', JSON.stringify(material), 'hex');
}

/** Is equal for bodies that are equal as JSON, else for equal bytes; the tag keeps the two kinds apart. */
function bodyFingerprint(body: Buffer): readonly [kind: string, digits: string] {
  const canonical = canonicalOf(body);
  return canonical === null ? ['bytes', hash('sha256', body, 'hex')] : ['json', hash('sha256', canonical, 'hex')];
}

function canonicalOf(body: Buffer): string | null {
  const json = isUtf8(body) ? canonicalizeJson(body.toString('utf8')) : null;
  return json?.outcome === 'json' ? json.canonical : null;
}

/** True for an empty list and for an object of empty lists only: the body of a BOOKED without extra lines. */
function hasOnlyEmptyLists(body: Buffer): boolean {
  const withoutStrings = canonicalOf(body)?.replace(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '');
  return /^(?:\[\]|\{(?::\[\](?:,:\[\])*)?\})$/.test(withoutStrings ?? '');
}

/** Sorted, with names in lower case: neither order nor spelling of a registered URL is part of the fact. */
function identityParameters(callback: Callback): [name: string, value: string][] {
  return Object.entries(callback.parameters)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !IGNORED_PARAMETERS.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
