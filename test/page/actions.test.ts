/** Who did what, on the page: in words, with links, page by page, and as a file. A real browser and service. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, type TestContext, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { seedEvents } from '../harness/seed-events.ts';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { closeAfter, openPage, PAGE_ENV } from '../helpers/page.ts';
import { askReplay } from '../helpers/replays.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
const EVIL = '=1+1 <img src=x onerror=alert(1)>';

let browser: Browser;
let service: TestService;
if (skip === false) {
  before(async (t) => {
    browser = await startBrowser(t as TestContext);
    service = await startTestService(t as TestContext, { env: PAGE_ENV });
  });
}

async function open(t: TestContext) {
  const opened = await openPage(browser, service.service.urls.status);
  closeAfter(t, opened);
  await opened.go('#/actions');
  const assertClean = () => assert.deepEqual([opened.problems, opened.foreign], [[], []]);
  return { ...opened, rows: opened.page.locator('table.actions tbody tr'), assertClean };
}

test('without any action the list says so', { skip }, async (t) => {
  const { page, assertClean } = await open(t);
  await page.getByText('Nothing has been changed yet.').waitFor();
  assertClean();
});

test('a replay is said in words with its filter, and leads to it', { skip }, async (t) => {
  await seedEvents(service, { count: 2, payment: 'p', state: 'dead_letter' });
  await askReplay(service, { state: 'dead_letter', type: 'payment.unfrozen' }, { 'x-operator': EVIL });
  const { page, rows, assertClean } = await open(t);
  const row = rows.filter({ hasText: 'Replayed 2 deliveries' });
  await row.getByText('given up, type “Unfrozen”').waitFor();
  await row.getByText(EVIL, { exact: true }).waitFor();
  await row.getByRole('link', { name: /^replay [0-9a-f]{8}$/ }).click();
  await page.getByRole('heading', { name: 'Replay', exact: true }).waitFor();
  await page.getByText(EVIL, { exact: true }).waitFor();
  assertClean();
});

test('every kind of action is said, newest first, page by page, and exported', { skip }, async (t) => {
  const long = 'x'.repeat(10_000);
  await service.query(
    `insert into actions (at, action, operator, detail)
     select now() + n * interval '1 second', a.action, $1, a.detail::json
     from generate_series(1, 12) n, (values
       ('event.replayed', '{"id": "evt_00000000-0000-4000-8000-000000000001"}'),
       ('payment.erased', '{"paymentId": "a/b?c", "provider": "resurs-ecom", "events": 3}'),
       ('mock_error.set', '{"callback": "UPDATE", "code": 503, "times": 2}'),
       ('alert.tested', '{"format": "slack", "outcome": "accepted", "status": 200}'),
       ('something.new', '{"text": "${long}"}')
     ) a(action, detail)`,
    [EVIL],
  );
  const { page, rows, assertClean } = await open(t);
  await rows.nth(49).waitFor();
  await page.getByRole('link', { name: 'a/b?c' }).first().waitFor();
  assert.equal(await page.getByRole('link', { name: 'a/b?c' }).first().getAttribute('href'), '#/payments/a%2Fb%3Fc');
  await page.getByText('Let the next callbacks fail with 503, 2 times').first().waitFor();
  await page.getByText('something.new').first().waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));

  await page.getByRole('button', { name: 'Show more' }).click();
  await page.locator('#content').getByText('61 rows are shown').waitFor();
  const times = await rows.locator('time').evaluateAll((all) => all.map((one) => one.getAttribute('datetime') ?? ''));
  assert.deepEqual(times, times.toSorted().toReversed());
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'JSON' }).click(),
  ]);
  const { json } = await service.status('/actions?limit=200');
  assert.deepEqual(JSON.parse(await readFile(await download.path(), 'utf8')), (json as { actions: unknown }).actions);
  assertClean();
});
