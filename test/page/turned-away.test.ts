/** Callbacks that a real service turned away, in a real browser: why, what to do, and until when. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { Page } from 'playwright-core';
import { waitUntil } from '../harness/wait.ts';
import { skipWithoutBrowser } from '../helpers/browser.ts';
import { send, target } from '../helpers/callbacks.ts';
import { PAGE_ENV, pageOpener } from '../helpers/page.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
const open = pageOpener(skip);

const HOSTILE = `<img src=x onerror="document.title='owned'">/\u202e?#`;
const FORMULA = '=1+1';

async function turnAway(receiver: TestService): Promise<void> {
  const wrong = { salt: 'another-salt-of-the-tests-3Hq' };
  const sendings: [string, number][] = [
    [target('BOOKED', HOSTILE), 410],
    [target('BOOKED', HOSTILE), 410],
    [target('UPDATE', FORMULA), 410],
    [target('UPDATE', 'x'.repeat(200)), 410],
    [target('BOOKED', '1', wrong), 406],
    [target('BOOKED', '2', wrong), 406],
    [target('UPDATE', '3', wrong), 406],
    ['/callbacks/resurs/no/such/shape', 404],
    ['/callbacks/resurs?c=unfreeze', 400],
  ];
  for (const [path, status] of sendings) assert.equal((await send(receiver.url, path)).status, status, path);
}

async function download(page: Page, list: string, format: 'CSV' | 'JSON'): Promise<string> {
  const started = page.waitForEvent('download');
  await page.getByRole('region', { name: list }).getByRole('button', { name: format }).click();
  return readFile(await (await started).path(), 'utf8');
}

test('what was turned away is listed with its meaning, its fix and the tries of Resurs', { skip }, async (t) => {
  const receiver = await startTestService(t, { env: { ...PAGE_ENV, ORDER_OWNERSHIP: 'registered' } });
  await turnAway(receiver);
  const { page, go, problems, foreign } = await open(t, receiver.service.urls.status);

  await go('#/turned-away');
  const rejections = page.getByRole('region', { name: 'Orders that are not ours' });
  const row = rejections.getByRole('row').filter({ has: page.getByRole('link', { name: HOSTILE, exact: true }) });
  await row.getByText('BOOKED').waitFor();
  assert.match(await row.innerText(), /\b2\b/);
  assert.match(await row.innerText(), /in \d+ sec/);
  const address = await row.getByRole('link').getAttribute('href');
  assert.equal(address, `#/payments/${encodeURIComponent(HOSTILE)}`);
  assert.equal(await page.locator('img[src="x"]').count(), 0);

  const refusals = page.getByRole('region', { name: 'Refused callbacks' });
  const digests = refusals
    .getByRole('article')
    .filter({ has: page.getByRole('heading', { name: 'Digest wrong (406)' }) });
  await digests.getByText('3 callbacks').waitFor();
  await digests.getByText(/DIGEST_SALT_PREVIOUS/).waitFor();
  await digests.getByText(/then Resurs gives up on the first of them/).waitFor();
  assert.equal(await refusals.getByRole('article').count(), 3);
  await page.getByRole('region', { name: 'Wrong digests in the last hour' }).getByText('BOOKED 2').waitFor();

  const csv = await download(page, 'Orders that are not ours', 'CSV');
  assert.ok(csv.includes(`'${FORMULA},UPDATE,1,`), csv);
  assert.equal(JSON.parse(await download(page, 'Refused callbacks', 'JSON')).length, 5);
  assert.deepEqual([problems, foreign], [[], []]);
});

test('the lists are filtered by a text, which the address keeps', { skip }, async (t) => {
  const receiver = await startTestService(t, { env: { ...PAGE_ENV, ORDER_OWNERSHIP: 'registered' } });
  const viewport = { width: 360, height: 700 };
  const { page, go, problems, foreign } = await open(t, receiver.service.urls.status, { viewport });

  await go('#/turned-away');
  await page.getByText('No callback was turned away because of its order.').waitFor();
  await page.getByText('This process has refused no callback since it started.').waitFor();

  await turnAway(receiver);
  const links = page.getByRole('region', { name: 'Orders that are not ours' }).locator('tbody a');
  // An answer may be one that was computed for another tab in the last second.
  const isListed = await waitUntil(async () => {
    await page.getByRole('button', { name: 'Update now' }).click();
    return (await links.count()) === 3;
  }, 20_000);
  assert.ok(isListed);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);

  const field = page.getByRole('searchbox', { name: 'Find' });
  await field.pressSequentially('ONERROR');
  await page.waitForURL(/#\/turned-away\?text=ONERROR$/);
  assert.deepEqual([await links.count(), await links.innerText()], [1, HOSTILE]);
  assert.ok(await field.evaluate((element) => element === document.activeElement));

  await go('#/turned-away?text=digest');
  await page.getByText('Nothing here has this text.').waitFor();
  assert.equal(await field.inputValue(), 'digest');
  assert.equal(await page.getByRole('article').count(), 1);
  assert.deepEqual([problems, foreign], [[], []]);
});
