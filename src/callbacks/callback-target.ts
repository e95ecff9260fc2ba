/**
 * Matches request targets with the callback paths. Each target is split once, when the request arrives and before it is
 * routed; the parser later continues from the same parts.
 */
import type { IncomingMessage } from 'node:http';
import { segmentsUnder, splitTarget } from '../lib/request-target.ts';

/** A request target on or below a callback path, still percent-encoded. */
export interface CallbackTarget {
  /** The callback path as configured. */
  readonly basePath: string;
  /** The segments below it. */
  readonly segments: readonly string[];
  readonly query: string;
}

export interface CallbackTargets {
  /** Returns the callback path to route to, or the target itself when it is not on or below one. */
  rewriteUrl(request: IncomingMessage): string;
  /** Returns what `rewriteUrl` found for this request; null when its target is not on or below a callback path. */
  targetOf(request: IncomingMessage): CallbackTarget | null;
}

export function createCallbackTargets(paths: readonly string[]): CallbackTargets {
  const found = new WeakMap<IncomingMessage, CallbackTarget>();
  return {
    rewriteUrl(request) {
      const target = request.url ?? '/';
      const match = matchCallbackPath(target, paths);
      if (match === null) return target;
      found.set(request, match);
      return match.basePath;
    },
    targetOf: (request) => found.get(request) ?? null,
  };
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
