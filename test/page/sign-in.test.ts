/** Signing in to the page and out of it, in a real browser on a real service. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { freePort } from '../harness/listen.ts';
import { openWatched, skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { closeAfter, PAGE_ENV, signIn } from '../helpers/page.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
const READ_TOKEN = 'a-reading-token-of-the-tests';
/** What a browser writes about every answer that is none. */
const EXPECTED = /Failed to load resource: the server responded with a status of (?:401|429)/;

let browser: Browser;
let base = '';
if (skip === false) {
  before(async (t) => {
    browser = await startBrowser(t as TestContext);
    const service = await startTestService(t as TestContext, { env: { ...PAGE_ENV, STATUS_READ_TOKEN: READ_TOKEN } });
    base = service.service.urls.status;
  });
}

async function open(t: TestContext, address = '', options = {}) {
  const watched = await openWatched(browser, base, options);
  closeAfter(t, watched);
  await watched.page.goto(`${base}/ui/${address}`);
  const assertClean = () => {
    assert.deepEqual([watched.problems.filter((problem) => !EXPECTED.test(problem)), watched.foreign], [[], []]);
  };
  return { page: watched.page, assertClean };
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });

/** Everything that stays in the browser, but for the storage of the tab. */
async function keptBy(context: BrowserContext, page: Page): Promise<string> {
  const inPage = await page.evaluate(() => [location.href, document.cookie, JSON.stringify(localStorage)].join('\n'));
  return [
    inPage,
    JSON.stringify(await context.cookies()),
    JSON.stringify(await page.evaluate(() => history.state)),
  ].join();
}

test('a wrong token is told, and the right one opens the view that the address names', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries?state=pending');
  const field = page.getByLabel('Status token');
  assert.equal(await field.evaluate((element) => element === document.activeElement), true);

  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('alert').getByText('Enter the token.').waitFor();
  for (const wrong of ['a-wrong-token', 'tök€n ”', '<img src=x onerror=alert(1)>']) {
    await signIn(page, wrong);
    await page.getByRole('alert').getByText('This token is not valid.').waitFor();
    assert.equal(await page.evaluate(() => sessionStorage.getItem('status-token')), null);
    assert.equal(await field.evaluate((element) => element === document.activeElement), true);
  }
  await signIn(page, ` ${STATUS_TOKEN} `);

  await heading(page, 'Deliveries').waitFor();
  assert.match(page.url(), /#\/deliveries\?state=pending$/);
  await page.waitForFunction(() => document.activeElement?.id === 'content');
  assertClean();
});

test('the token is in the storage of the tab alone: a reload keeps it, another tab asks for it', {
  skip,
}, async (t) => {
  const { page, assertClean } = await open(t);
  await page.getByLabel('Your name').fill('Åsa');
  await signIn(page, STATUS_TOKEN);
  await heading(page, 'Overview').waitFor();

  assert.equal(await page.evaluate(() => sessionStorage.getItem('status-token')), STATUS_TOKEN);
  assert.ok(!(await keptBy(page.context(), page)).includes(STATUS_TOKEN));
  await page.reload();
  await heading(page, 'Overview').waitFor();
  const other = await page.context().newPage();
  await other.goto(`${base}/ui/`);
  await other.getByLabel('Status token').waitFor();
  assert.ok(!(await other.content()).includes(STATUS_TOKEN));
  assert.ok(!(await page.content()).includes(STATUS_TOKEN));
  assertClean();
});

test('signing out forgets the token, and going back shows nothing', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries');
  await signIn(page, STATUS_TOKEN);
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Actions' }).click();
  await heading(page, 'Actions').waitFor();

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Status token').waitFor();
  await page.goBack();

  await page.getByLabel('Status token').waitFor();
  assert.equal(await page.getByRole('navigation').count(), 0);
  assert.equal(await page.evaluate(() => sessionStorage.getItem('status-token')), null);
  assertClean();
});

test('a token that may only read says so', { skip }, async (t) => {
  const { page, assertClean } = await open(t);

  await signIn(page, READ_TOKEN);

  await page.getByText('Read only').waitFor();
  assertClean();
});

test('a password manager finds a name and a current password, and the form is sent nowhere', { skip }, async (t) => {
  const { page, assertClean } = await open(t);
  const fields = await page.locator('input').evaluateAll((inputs) => {
    return inputs.map((input) => [input.getAttribute('type'), input.getAttribute('autocomplete')]);
  });

  assert.deepEqual(fields, [
    ['text', 'username'],
    ['password', 'current-password'],
    ['text', 'name'],
  ]);
  await signIn(page, STATUS_TOKEN);
  await heading(page, 'Overview').waitFor();
  assert.equal(new URL(page.url()).search, '');
  assertClean();
});

test('a token that is replaced while the page is open asks for the new one, and keeps view and name', {
  skip,
}, async (t) => {
  const env = { ...PAGE_ENV, PORT: String(await freePort()) };
  const first = await startTestService(t, { env });
  const { urls } = first.service;
  const watched = await openWatched(browser, urls.status);
  closeAfter(t, watched);
  const { page } = watched;
  await page.goto(`${urls.status}/ui/#/actions`);
  await page.getByLabel('Your name').fill('Eva <b>');
  await signIn(page, STATUS_TOKEN);
  await heading(page, 'Actions').waitFor();

  await first.service.stop();
  const newToken = 'another-token-of-the-tests';
  await startTestService(t, { env: { ...env, STATUS_TOKEN: newToken }, databaseUrl: first.databaseUrl });
  await page.getByRole('button', { name: 'Update now' }).click();

  await page.getByRole('alert').getByText('no longer valid').waitFor();
  assert.equal(await page.getByLabel('Your name').inputValue(), 'Eva <b>');
  await signIn(page, newToken);
  await heading(page, 'Actions').waitFor();
  assert.match(page.url(), /#\/actions$/);
});

test('after ten wrong tokens the page says how long to wait, and the right one still opens it', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '', { locale: 'sv-SE' });
  const headers = { authorization: 'Bearer wrong' };
  await Promise.all(Array.from({ length: 10 }, () => fetch(`${base}/access`, { headers })));

  await signIn(page, 'wrong');
  await page
    .getByRole('alert')
    .getByText(/Vänta \d+ s/)
    .waitFor();
  await signIn(page, STATUS_TOKEN);

  await heading(page, 'Översikt').waitFor();
  assertClean();
});
