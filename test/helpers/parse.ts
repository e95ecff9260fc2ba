/** Parses a callback from a whole request target, as the receiver does for a request on one callback path. */
import { matchCallbackPath } from '../../src/callbacks/callback-target.ts';
import { type ParsedCallback, parseCallback } from '../../src/callbacks/ecom/parse.ts';

export function parseTarget(target: string, basePath: string): ParsedCallback {
  const match = matchCallbackPath(target, [basePath]);
  return match === null ? { outcome: 'unknown_path' } : parseCallback(match);
}
