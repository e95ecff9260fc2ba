/**
 * Values of CALLBACK_PATHS. A path that conflicts with a route of the status API would hide one of the two, and a path
 * with a special meaning in the router would lose callbacks, so both stop the start. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSettingError, validConfig } from '../helpers/config.ts';

function parsedPaths(paths: string): readonly string[] {
  return validConfig({ ALLOW_UNAUTHENTICATED: 'true', CALLBACK_PATHS: paths }).CALLBACK_PATHS;
}

function assertPathError(paths: string, problem: RegExp | string): void {
  assertSettingError({ ALLOW_UNAUTHENTICATED: 'true', CALLBACK_PATHS: paths }, 'CALLBACK_PATHS', problem);
}

test('several paths keep their order', () => {
  const paths = parsedPaths('/callbacks/resurs, /wc-api/ResursDefault');

  assert.deepEqual(paths, ['/callbacks/resurs', '/wc-api/ResursDefault']);
});

test('a path with a trailing slash is the same path, so duplicates are dropped', () => {
  const paths = parsedPaths('/a/,/a,/a//,/b/c/');

  assert.deepEqual(paths, ['/a', '/b/c']);
});

test('the root path stays a slash and conflicts with no status route', () => {
  const paths = parsedPaths('/,/callbacks/resurs');

  assert.deepEqual(paths, ['/', '/callbacks/resurs']);
});

for (const route of [
  'healthz',
  'readyz',
  'status',
  'events',
  'payments',
  'replays',
  'orders',
  'rejections',
  'metrics',
]) {
  test(`/${route} and the paths below it conflict with a status route`, () => {
    assertPathError(`/callbacks/resurs,/${route}`, `entry 2 conflicts with the status route /${route}`);
    assertPathError(`/${route}/resurs/`, `entry 1 conflicts with the status route /${route}`);
  });
}

test('/openapi.json conflicts with a status route', () => {
  assertPathError('/openapi.json', /conflicts with the status route \/openapi\.json/);
});

test('a path that only begins with the letters of a status route is accepted', () => {
  const paths = parsedPaths('/statuses,/orders-resurs');

  assert.deepEqual(paths, ['/statuses', '/orders-resurs']);
});

const REJECTED = [
  ['callbacks/resurs', /does not start with \//],
  ['https://shop.example/callbacks', /does not start with \//],
  ['/?wc-api=ResursDefault', /query/],
  ['/a#b', /fragment/],
  ['//a', /empty segment/],
  ['/a//b', /empty segment/],
  ['/a/:id', /characters other than/],
  ['/a/*', /characters other than/],
  ['/a%20b', /characters other than/],
  ['/å', /characters other than/],
  ['/a/../status', /segment \. or \.\./],
  ['/./a', /segment \. or \.\./],
  [`/${'a'.repeat(512)}`, /longer than 512/],
] as const;

for (const [path, problem] of REJECTED) {
  test(`the path ${path.slice(0, 40)} is rejected`, () => {
    assertPathError(path, problem);
  });
}
