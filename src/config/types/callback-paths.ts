/**
 * Paths of callbacks: each can be routed unambiguously and never conflicts with a route of the status API. Trailing
 * slashes are removed, because a path with one is the same path. `/` is special: it accepts the query form at exactly
 * `/` (links of shop plugins), so it conflicts with nothing. When you add a status route, add it here.
 */
import { invalid, ok, type ParseResult, type SettingType } from './basic.ts';
import { list, unique } from './lists.ts';

/** First segments of all routes other than callbacks. */
export const STATUS_ROUTES = [
  '/healthz',
  '/readyz',
  '/ui',
  '/status',
  '/access',
  '/alerts',
  '/statistics',
  '/events',
  '/payments',
  '/dead-letters',
  '/replays',
  '/actions',
  '/orders',
  '/rejections',
  '/refusals',
  '/mock-error',
  '/simulated-callbacks',
  '/webhook',
  '/metrics',
  '/openapi.json',
] as const;

/** Long enough for any shop; the request line must have room for the payment and the digest as well. */
const MAX_PATH_LENGTH = 512;

/** Paths that start with `/`; each is kept without a trailing slash, except `/` itself. */
export function callbackPaths(example: string): SettingType<readonly string[]> {
  return unique(list(`paths such as ${example}, separated by commas`, parsePath));
}

function parsePath(entry: string): ParseResult<string> {
  if (!entry.startsWith('/')) return invalid('does not start with /');
  if (/[?#]/.test(entry)) return invalid('has a query or a fragment; give only the path');
  if (entry.length > MAX_PATH_LENGTH) return invalid(`is longer than ${MAX_PATH_LENGTH} characters`);

  const path = entry.replace(/\/+$/, '');
  if (path === '') return ok('/');

  // Unreserved characters of RFC 3986 only: `:` and `*` have a meaning in the router, and escapes have two spellings.
  if (!/^(?:\/[A-Za-z0-9._~-]+)+$/.test(path)) {
    return invalid('has an empty segment or characters other than letters, digits and . _ ~ -');
  }
  if (path.split('/').some((segment) => segment === '.' || segment === '..')) return invalid('has a segment . or ..');

  const conflict = STATUS_ROUTES.find((route) => path === route || path.startsWith(`${route}/`));
  return conflict === undefined ? ok(path) : invalid(`conflicts with the status route ${conflict}`);
}
