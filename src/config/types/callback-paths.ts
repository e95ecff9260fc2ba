/**
 * Where callbacks may arrive: paths that can be routed without surprise and never meet a route of the status API.
 * Trailing slashes are taken off, because a path with one is the same path. `/` is special: it takes the query form
 * at exactly `/` (links of shop plugins), so it meets nothing. A maintainer who adds a status route adds it here.
 */
import { invalid, ok, type ParseResult, type SettingType } from './basic.ts';
import { list, unique } from './lists.ts';

/** First segments of everything the service answers besides callbacks. */
const STATUS_ROUTES = [
  '/healthz',
  '/readyz',
  '/status',
  '/events',
  '/payments',
  '/replays',
  '/orders',
  '/rejections',
  '/metrics',
  '/openapi.json',
] as const;

/** Long enough for any shop; a request line has to hold the payment and the digest as well. */
const MAX_PATH_LENGTH = 512;

/** Paths that start with `/`; each without a trailing slash, except `/` itself. */
export function callbackPaths(): SettingType<readonly string[]> {
  return unique(list('paths such as /callbacks/resurs, separated by commas', parsePath));
}

function parsePath(entry: string): ParseResult<string> {
  if (!entry.startsWith('/')) return invalid('does not start with /');
  if (/[?#]/.test(entry)) return invalid('has a query or a fragment; only the path counts here');
  if (entry.length > MAX_PATH_LENGTH) return invalid(`is longer than ${MAX_PATH_LENGTH} characters`);

  const path = entry.replace(/\/+$/, '');
  if (path === '') return ok('/');

  // Unreserved characters of RFC 3986 only: the router gives : and * a meaning, and escapes have two spellings.
  if (!/^(?:\/[A-Za-z0-9._~-]+)+$/.test(path)) {
    return invalid('has an empty segment or characters other than letters, digits and . _ ~ -');
  }
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return invalid('has a segment . or ..');

  const met = STATUS_ROUTES.find((route) => path === route || path.startsWith(`${route}/`));
  return met === undefined ? ok(path) : invalid(`meets the status route ${met}`);
}
