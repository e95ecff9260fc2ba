/**
 * Where callbacks may arrive. A path that meets a route of the status API would let one hide the other, and a path the router
 * reads in its own way would lose callbacks, so both stop the start. Nothing is replaced.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';

function load(paths: string) {
  return loadConfig({ ALLOW_UNAUTHENTICATED: 'true', CALLBACK_PATHS: paths });
}

function pathsOf(paths: string) {
  const loaded = load(paths);
  return loaded.outcome === 'loaded' ? loaded.config.CALLBACK_PATHS : loaded.faults;
}

function problemOf(paths: string): string {
  const loaded = load(paths);
  assert.equal(loaded.outcome, 'invalid', `${paths} is taken`);
  return loaded.outcome === 'invalid'
    ? loaded.faults.map(({ setting, problem }) => `${setting} ${problem}`).join()
    : '';
}

test('several paths keep their order', () => {
  const paths = pathsOf('/callbacks/resurs, /wc-api/ResursDefault');

  assert.deepEqual(paths, ['/callbacks/resurs', '/wc-api/ResursDefault']);
});

test('a trailing slash is the same path, so duplicates are dropped', () => {
  const paths = pathsOf('/a/,/a,/a//,/b/c/');

  assert.deepEqual(paths, ['/a', '/b/c']);
});

test('the root path stays a slash and meets no status route', () => {
  const paths = pathsOf('/,/callbacks/resurs');

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
  test(`a path that is /${route} or lies below it meets a status route`, () => {
    const same = problemOf(`/callbacks/resurs,/${route}`);
    const below = problemOf(`/${route}/resurs/`);

    assert.equal(same, `CALLBACK_PATHS entry 2 meets the status route /${route}`);
    assert.equal(below, `CALLBACK_PATHS entry 1 meets the status route /${route}`);
  });
}

test('the document of the status API is a status route too', () => {
  const problem = problemOf('/openapi.json');

  assert.match(problem, /meets the status route \/openapi\.json/);
});

test('a path that only begins with the letters of a status route is free', () => {
  const paths = pathsOf('/statuses,/orders-resurs');

  assert.deepEqual(paths, ['/statuses', '/orders-resurs']);
});

const REFUSED = [
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

for (const [path, problem] of REFUSED) {
  test(`the path ${path.slice(0, 40)} is refused`, () => {
    const found = problemOf(path);

    assert.match(found, problem);
  });
}
