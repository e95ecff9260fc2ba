/**
 * Keeps the callback target of each request. It is split once, when the request arrives and before it is routed; the
 * parser later continues from the same parts.
 */
import type { IncomingMessage } from 'node:http';
import { type CallbackTarget, matchCallbackPath } from '../protocol/ecom/url/callback-path.ts';

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
