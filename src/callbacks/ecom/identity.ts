/**
 * Computes the identity of a callback: the deduplication key that makes two callbacks of one payment the same event,
 * and how long it is valid (the table of docs/protocol.md). The database decides between two callbacks that arrive
 * together. Keys are stored: a change of what goes into them makes every repeat of an earlier callback a new event, so
 * it must not happen by accident. Two different facts never share a key.
 */
import { hash } from 'node:crypto';
import { decodeBody } from '../../events/body.ts';
import type { Identity } from '../../events/event.ts';
import { canonicalJson } from '../../lib/json.ts';
import { ACCOUNT_TYPE, type Callback } from '../../protocol/ecom/callback.ts';

/** For facts that may rightly happen again: an UPDATE without a body, a result that is not proven, and TEST. */
const SHORT_WINDOW_MS = 60_000;
/** Resurs may warn of the same password daily. */
const ACCOUNT_WINDOW_MS = 86_400_000;
/** Times of registration. The digest is never among the parameters. */
const IGNORED_PARAMETERS = ['t', 'ts'];

/** What arrived beside the URL, and what the digest proved. */
export interface IdentityEvidence {
  /** Null when there is none. */
  readonly body: Buffer | null;
  /** Whether the digest covers the result. */
  readonly isResultProven: boolean;
}

/** Computes the identity. Never throws, whatever the body holds. */
export function identityOf(
  callback: Callback,
  { body, isResultProven }: IdentityEvidence,
  dedupeWindowMs: number,
): Identity {
  const { type, result } = callback;
  const typeOnly = { key: type, aliasKey: null, windowMs: dedupeWindowMs, endedKeys: [] };
  switch (type) {
    case 'BOOKED': {
      const read = body === null ? null : readBody(body);
      if (read === null || hasNoLines(read)) return typeOnly;
      return { ...typeOnly, key: keyOf(type, fingerprintOf(read)), aliasKey: type };
    }
    case 'UPDATE':
      if (body === null) return { ...typeOnly, windowMs: SHORT_WINDOW_MS };
      return { ...typeOnly, key: keyOf(type, fingerprintOf(readBody(body))) };
    case 'AUTOMATIC_FRAUD_CONTROL': {
      const key = keyOf(type, result);
      const isLasting = result === 'FROZEN' || result === 'THAWED' || isResultProven;
      const windowMs = isLasting ? dedupeWindowMs : SHORT_WINDOW_MS;
      return { ...typeOnly, key, windowMs, endedKeys: oppositeKeys(result) };
    }
    case 'UNFREEZE':
      return { ...typeOnly, endedKeys: oppositeKeys('THAWED') };
    case 'ANNULMENT':
    case 'FINALIZATION':
      return typeOnly;
    case 'TEST':
      // The five values are already in the payment key.
      return { ...typeOnly, windowMs: SHORT_WINDOW_MS };
    case ACCOUNT_TYPE:
      // The account is already in the payment key.
      return { ...typeOnly, windowMs: ACCOUNT_WINDOW_MS };
    default:
      return {
        ...typeOnly,
        key: keyOf(type, [identityParameters(callback), result, body && fingerprintOf(readBody(body))]),
      };
  }
}

/** Returns the keys of the facts that this result contradicts. UNFREEZE means the same as THAWED. */
function oppositeKeys(result: string | null): string[] {
  if (result === 'FROZEN') return [keyOf('AUTOMATIC_FRAUD_CONTROL', 'THAWED'), 'UNFREEZE'];
  return result === 'THAWED' ? [keyOf('AUTOMATIC_FRAUD_CONTROL', 'FROZEN')] : [];
}

function keyOf(type: string, material: unknown): string {
  return `${type}:${fingerprint(material)}`;
}

/** Hashes the material as JSON, so that its parts cannot run into one another. */
function fingerprint(material: unknown): string {
  return hash('sha256', JSON.stringify(material), 'hex');
}

/** A body as it is compared. */
interface ReadBody {
  readonly bytes: Buffer;
  /** Null when it is not UTF-8. */
  readonly text: string | null;
  /** Null when it is no JSON. */
  readonly canonical: string | null;
}

function readBody(bytes: Buffer): ReadBody {
  const text = decodeBody(bytes);
  return { bytes, text, canonical: text === null ? null : canonicalJson(text) };
}

/** Is equal for bodies that are equal as JSON, else for equal bytes; the tag keeps the two kinds apart. */
function fingerprintOf({ bytes, canonical }: ReadBody): readonly [kind: string, digits: string] {
  return canonical === null ? ['bytes', hash('sha256', bytes, 'hex')] : ['json', hash('sha256', canonical, 'hex')];
}

const TEXT = String.raw`"[^"\\]*(?:\\.[^"\\]*)*"`;
/** A line is an object, so a list that holds one text has none. */
const EMPTY = String.raw`(?:\[(?:${TEXT})?\]|null)`;
const MEMBER = `${TEXT}:${EMPTY}`;
const NO_LINES = new RegExp(String.raw`^(?:${EMPTY}|\{(?:${MEMBER}(?:,${MEMBER})*)?\})$`);

/** True for blanks, `null`, and a list or an object of empty lists and nulls only. */
function hasNoLines({ text, canonical }: ReadBody): boolean {
  return text?.trim() === '' || (canonical !== null && NO_LINES.test(canonical));
}

/** Sorted, with names in lower case: neither order nor spelling of a registered URL is part of the fact. */
function identityParameters(callback: Callback): (readonly [name: string, value: string | readonly string[]])[] {
  return Object.entries(callback.parameters)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !IGNORED_PARAMETERS.includes(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
