/**
 * Decides once for each request which interface of Resurs it belongs to, and keeps its target. It is split when the
 * request arrives and before it is routed; the parser later continues from the same parts.
 */
import type { IncomingMessage } from 'node:http';
import { announcesKind, matchMapiPath } from '../protocol/mapi/url.ts';
import { type CallbackTarget, matchCallbackPath } from '../protocol/url/callback-path.ts';

/**
 * The route of all callbacks of the Merchant API, so that the guards of eCom's routes do not apply to them. No callback
 * path can be the same: paths have no `!`.
 */
export const MAPI_ROUTE = '/!merchant-api';

export interface CallbackTargets {
  /** Returns the route of the callback, or the target itself when it is not on or below a callback path. */
  rewriteUrl(request: IncomingMessage): string;
  /** Returns what `rewriteUrl` found for this request; null when its target is not on or below a path of eCom. */
  targetOf(request: IncomingMessage): CallbackTarget | null;
  /** The same for the paths of the Merchant API. */
  mapiTargetOf(request: IncomingMessage): CallbackTarget | null;
}

/** Kept on the request itself: an entry in a weak map costs more. */
const TARGET = Symbol('callback target');
const MAPI_TARGET = Symbol('callback target of the Merchant API');

interface TargetedRequest extends IncomingMessage {
  [TARGET]?: CallbackTarget;
  [MAPI_TARGET]?: CallbackTarget;
}

/** Creates it for the paths of eCom and those of the Merchant API, of which there may be none. */
export function createCallbackTargets(paths: readonly string[], mapiPaths: readonly string[]): CallbackTargets {
  const hasMapi = mapiPaths.length > 0;
  return {
    rewriteUrl(request: TargetedRequest) {
      const target = request.url ?? '/';
      const match = matchCallbackPath(target, paths);
      const mapi = hasMapi ? matchMapiPath(target, mapiPaths) : null;
      if (mapi !== null && isForMapi(mapi, match)) {
        request[MAPI_TARGET] = mapi;
        return MAPI_ROUTE;
      }
      if (match === null) return target;
      request[TARGET] = match;
      return match.basePath;
    },
    targetOf: (request: TargetedRequest) => request[TARGET] ?? null,
    mapiTargetOf: (request: TargetedRequest) => request[MAPI_TARGET] ?? null,
  };
}

/** The longer path wins. On a path of both, a callback is the Merchant API's when it says one of its kinds. */
function isForMapi(mapi: CallbackTarget, ecom: CallbackTarget | null): boolean {
  if (ecom === null) return true;
  const [mapiDepth, ecomDepth] = [depthOf(mapi), depthOf(ecom)];
  return mapiDepth === ecomDepth ? announcesKind(mapi) : mapiDepth > ecomDepth;
}

function depthOf({ basePath }: CallbackTarget): number {
  return basePath.split('/').filter((segment) => segment !== '').length;
}
