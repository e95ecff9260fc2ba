/** Parses a callback from a whole request target, as the receiver does for a request on one callback path. */
import assert from 'node:assert/strict';
import type { Callback } from '../../src/protocol/ecom/callback.ts';
import { type ParsedCallback, parseCallback } from '../../src/protocol/ecom/url/parse.ts';
import { matchCallbackPath } from '../../src/protocol/url/callback-path.ts';

export function parseTarget(target: string, basePath: string): ParsedCallback {
  const match = matchCallbackPath(target, [basePath]);
  return match === null ? { outcome: 'unknown_path' } : parseCallback(match);
}

/** Returns the callback of a target that has to be a valid one. */
export function parsedCallback(target: string, basePath: string): Callback {
  const result = parseTarget(target, basePath);
  assert.equal(result.outcome, 'parsed', JSON.stringify(result));
  return result.outcome === 'parsed' ? result.callback : assert.fail();
}
