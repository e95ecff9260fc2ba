/** Matches request targets with the callback paths; pure, so that a registered URL is judged as a request would be. */
import { segmentsUnder, splitTarget } from '../../lib/request-target.ts';

/** A request target on or below a callback path, still percent-encoded. */
export interface CallbackTarget {
  /** The callback path as configured. */
  readonly basePath: string;
  /** The segments below it. */
  readonly segments: readonly string[];
  readonly query: string;
}

/**
 * Matches a raw request target with the callback paths. The longest of several wins; `/` matches exactly `/`, with or
 * without a query. Returns null when none matches.
 */
export function matchCallbackPath(target: string, paths: readonly string[]): CallbackTarget | null {
  const { path, query } = splitTarget(target);
  const matches = paths.flatMap((basePath) => {
    const segments = segmentsUnder(path, basePath);
    return segments === null ? [] : [{ basePath, segments, query }];
  });
  return matches.sort((a, b) => b.basePath.split('/').length - a.basePath.split('/').length)[0] ?? null;
}
