/**
 * Reads the URL of a callback of the Merchant API, which the shop formed: the kind of the callback as the last segment or
 * as `callback` in the query, the shop's order, and the token. Pure. Names ignore case and leading `amp;`. A value that
 * came twice with different contents is never chosen from.
 */
import { decodeComponent, type NameValue, queryPairs, splitTarget } from '../../lib/request-target.ts';
import { type CallbackTarget, matchCallbackPath } from '../url/callback-path.ts';
import { collectParams, parameterKey } from '../url/params.ts';
import { MAPI_KINDS, type MapiKind } from './body.ts';

/** `kind` is null where the body's shape has to tell it. `problem` is for the log and holds nothing of the URL. */
export interface MapiUrl {
  readonly kind: MapiKind | null;
  /** Null when it is missing, or came with two values. */
  readonly token: string | null;
  /** The shop's reference of the order, or null. */
  readonly order: string | null;
  /** What else the query has; never the token. */
  readonly parameters: Record<string, string | string[]>;
  /** What is malformed; null: nothing. */
  readonly problem: string | null;
}

const MAX_ORDER_CHARACTERS = 255;
const RESERVED = ['callback', 'order', 'token'] as const;

/**
 * Matches a raw request target with the paths of the Merchant API. The longest wins. `/` matches exactly `/` and the
 * three kinds directly below it. Returns null when none matches.
 */
export function matchMapiPath(target: string, paths: readonly string[]): CallbackTarget | null {
  const match = matchCallbackPath(target, paths);
  if (match !== null || !paths.includes('/')) return match;
  const { path, query } = splitTarget(target);
  const segments = path.startsWith('/') ? path.split('/') : [];
  const hasKind = readSegments(segments).outcome === 'kind';
  return hasKind ? { basePath: '/', segments, query } : null;
}

/** Whether the target says which kind of callback it is, in the last segment or in the query. */
export function announcesKind({ segments, query }: CallbackTarget): boolean {
  const read = readSegments(segments);
  if (read.outcome !== 'none') return read.outcome === 'kind';
  return queryPairs(query).some((pair) => parameterKey(pair) === 'callback' && kindOf(pair.value.text) !== null);
}

/** Parses what `matchMapiPath` has found; null where nothing is below the path. Never throws. */
export function parseMapiUrl({ segments, query }: CallbackTarget): MapiUrl | null {
  const read = readSegments(segments);
  if (read.outcome === 'unknown') return null;

  const pairs = queryPairs(query);
  const valuesOf = (name: (typeof RESERVED)[number]) => pairs.filter((pair) => parameterKey(pair) === name);
  const words = new Set(valuesOf('callback').map(({ value }) => wordOf(value.text)));
  const orders = new Set(valuesOf('order').map(({ value }) => value.text));
  const tokens = new Set(valuesOf('token').map(tokenText));

  const named = words.size === 1 ? kindOf([...words][0] ?? '') : null;
  const inPath = read.outcome === 'kind' ? read.kind : null;
  const order = (orders.size === 1 ? [...orders][0] : null) || null;
  const isContradictory = words.size > 1 || (inPath !== null && named !== null && named !== inPath);
  const kindProblem = isContradictory ? 'it names different kinds' : null;
  const orderProblem = orders.size > 1 ? 'order appears twice with different values' : orderIdProblem(order);
  const others = pairs.filter((pair) => !RESERVED.some((name) => name === parameterKey(pair)));
  return {
    kind: isContradictory ? null : (inPath ?? named),
    token: (tokens.size === 1 ? [...tokens][0] : null) || null,
    order,
    parameters: collectParams(others).rest(),
    problem: kindProblem ?? orderProblem,
  };
}

/** A token has no blanks, so a plus is itself, however the URL was formed. */
function tokenText({ value, otherReading }: NameValue): string {
  return (otherReading ?? value).text;
}

type SegmentsResult = { readonly outcome: 'none' | 'unknown' } | { readonly outcome: 'kind'; readonly kind: MapiKind };

/** Doubled slashes and one at the end count for nothing. */
function readSegments(segments: readonly string[]): SegmentsResult {
  const filled = segments.filter((segment) => segment !== '');
  const [first, ...more] = filled;
  if (first === undefined) return { outcome: 'none' };
  const segment = decodeComponent(first).toLowerCase();
  const kind = MAPI_KINDS.find((known) => known.toLowerCase().replace('_', '-') === segment);
  return kind === undefined || more.length > 0 ? { outcome: 'unknown' } : { outcome: 'kind', kind };
}

/** Words in any case; the kind of the path's spelling too. */
function wordOf(text: string): string {
  return text.toUpperCase().replace('-', '_');
}

function kindOf(text: string): MapiKind | null {
  return MAPI_KINDS.find((known) => known === wordOf(text)) ?? null;
}

function orderIdProblem(order: string | null): string | null {
  if (order === null) return null;
  // A character has one or two code units.
  if (order.length > MAX_ORDER_CHARACTERS && [...order].length > MAX_ORDER_CHARACTERS)
    return `order is longer than ${MAX_ORDER_CHARACTERS} characters`;
  if (order === '.' || order === '..') return 'order is a dot segment';
  return /\p{Cc}/u.test(order) ? 'order has control characters' : null;
}
