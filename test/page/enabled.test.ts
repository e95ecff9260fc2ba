/** Where the page is served: by the settings, and over real HTTP on each port. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STATUS_ROUTES } from '../../src/config/types/callback-paths.ts';
import { isPageEnabled } from '../../src/page/enabled.ts';
import { freePort } from '../harness/listen.ts';
import { send } from '../helpers/callbacks.ts';
import { startTestService } from '../helpers/service.ts';

const TOKEN = 'a-token-of-the-tests';

test('auto serves the page where strangers do not come; without a token there is none', () => {
  const isEnabled = (STATUS_PAGE: 'auto' | 'true' | 'false', STATUS_PORT: number | null, HOST: string) =>
    isPageEnabled({ STATUS_PAGE, STATUS_PORT, HOST, STATUS_TOKEN: TOKEN });

  for (const [host, isLoopback] of [
    ['0.0.0.0', false],
    ['::', false],
    ['192.0.2.1', false],
    ['127.0.0.1', true],
    ['::1', true],
    ['localhost', true],
  ] as const) {
    assert.equal(isEnabled('auto', null, host), isLoopback, host);
    assert.equal(isEnabled('auto', 9_000, host), true, host);
    assert.equal(isEnabled('true', null, host), true, host);
    assert.equal(isEnabled('false', 9_000, host), false, host);
    const withoutToken = { STATUS_PAGE: 'true', STATUS_PORT: 9_000, HOST: host, STATUS_TOKEN: null } as const;
    assert.equal(isPageEnabled(withoutToken), false);
  }
});

test('with STATUS_PORT the page is on that port alone', async (t) => {
  const { service } = await startTestService(t, { env: { STATUS_PORT: String(await freePort()) } });

  const [there, here] = [await send(service.urls.status, '/ui/'), await send(service.urls.callbacks, '/ui/')];

  assert.deepEqual([there.status, here.status], [200, 404]);
});

test('what is switched off is answered as if it did not exist; callbacks never have a path of the page', async (t) => {
  const { service, status } = await startTestService(t, { env: { STATUS_PAGE: 'false' } });

  for (const target of ['/ui', '/ui/', '/ui/main.js']) {
    const response = await send(service.urls.status, target);
    assert.equal(response.status, 404);
    assert.equal(response.headers['content-security-policy'], undefined);
  }
  const { json } = await status('/openapi.json');
  const { paths } = json as { paths: Readonly<Record<string, unknown>> };
  const segments = new Set(Object.keys(paths).map((path) => `/${path.split('/')[1]}`));
  const reserved = new Set<string>(STATUS_ROUTES);
  assert.deepEqual(
    [...segments].filter((segment) => !reserved.has(segment)),
    [],
  );
  assert.ok(reserved.has('/ui'));
});
