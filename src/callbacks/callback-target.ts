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

/** Kept on the request itself: an entry in a weak map costs more. */
const TARGET = Symbol('callback target');

interface TargetedRequest extends IncomingMessage {
  [TARGET]?: CallbackTarget;
}

export function createCallbackTargets(paths: readonly string[]): CallbackTargets {
  return {
    rewriteUrl(request: TargetedRequest) {
      const target = request.url ?? '/';
      const match = matchCallbackPath(target, paths);
      if (match === null) return target;
      request[TARGET] = match;
      return match.basePath;
    },
    targetOf: (request: TargetedRequest) => request[TARGET] ?? null,
  };
}
