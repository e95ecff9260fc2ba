/** What stands around every view, in a real browser on a real service: keyboard, language, colours, updates, outages. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { freePort } from '../harness/listen.ts';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { closeAfter, openPage, PAGE_ENV } from '../helpers/page.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
/** Not the token: only what the service is. */
const ENV = { ...PAGE_ENV, RESURS_ENVIRONMENT: 'test' };
const VIEWS = ['Overview', 'Deliveries', 'Dead letters', 'Replays', 'Turned away', 'Actions', 'Simulated callback'];

let browser: Browser;
let shared: TestService;
if (skip === false) {
  before(async (t) => {
    browser = await startBrowser(t as TestContext);
    shared = await startTestService(t as TestContext, { env: ENV });
  });
}

async function open(t: TestContext, service = shared, options: BrowserContextOptions = {}) {
  const opened = await openPage(browser, service.service.urls.status, options);
  closeAfter(t, opened);
  const assertClean = () => assert.deepEqual([opened.problems, opened.foreign], [[], []]);
  return { ...opened, assertClean };
}

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name, exact: true });
const views = (page: Page) => page.getByRole('navigation', { name: 'Views' });
const focusedName = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim());
const isSearchFocused = (page: Page) => page.evaluate(() => document.activeElement?.getAttribute('type') === 'search');

/** Presses Tab until an element with this text has the focus. */
async function tabTo(page: Page, text: string, key: 'Tab' | 'Shift+Tab'): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press(key);
    if ((await focusedName(page)) === text) return;
  }
  assert.fail(`${key} never reaches ${text}`);
}

/** Calls the page's own clock: nothing waits. */
async function openWithClock(t: TestContext, service = shared) {
  const opened = await open(t, service);
  const { page } = opened;
  await page.clock.install();
  await page.reload();
  await heading(page, 'Overview').waitFor();
  let asked = 0;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/status') asked += 1;
  });
  const runFor = async (seconds: number) => {
    await page.clock.runFor(seconds * 1_000);
    await page.waitForLoadState('networkidle');
  };
  return { ...opened, runFor, asked: () => asked };
}

test('the keyboard alone leads through every view, forwards and backwards, and the focus follows', {
  skip,
}, async (t) => {
  const { page, assertClean } = await open(t);
  await heading(page, 'Overview').waitFor();
  await page.reload();
  await heading(page, 'Overview').waitFor();

  await page.keyboard.press('Tab');
  assert.equal(await focusedName(page), 'Skip to the content');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.id === 'content');
  assert.match(page.url(), /\/ui\/(?:#\/)?$/);
  await page.reload();
  await views(page).waitFor();
  await tabTo(page, 'Overview', 'Tab');
  await page.keyboard.press('Enter');
  for (const name of VIEWS) {
    const link = name === 'Simulated callback' ? 'Simulate' : name;
    // From the view backwards: the navigation stands before it.
    await tabTo(page, link, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await heading(page, name).waitFor();
    await views(page).getByRole('link', { name: link, exact: true }).and(page.locator('[aria-current=page]')).waitFor();
    await page.waitForFunction((expected) => document.title.startsWith(expected), name);
    if (name !== 'Overview') await page.waitForFunction(() => document.activeElement?.id === 'content');
  }
  assertClean();
});

test('a slash leads to the search from everywhere, and stays a slash where the reader types', { skip }, async (t) => {
  const { page, problems } = await open(t);
  await views(page).getByRole('link', { name: 'Deliveries' }).click();
  await heading(page, 'Deliveries').waitFor();

  await page.keyboard.press('/');
  assert.equal(await isSearchFocused(page), true);
  await page.keyboard.type('shop/1 ö<b>');
  await page.keyboard.press('Enter');

  await page.waitForFunction(() => location.hash === '#/payments/shop%2F1%20%C3%B6%3Cb%3E');
  await page.waitForFunction(() => document.activeElement?.id === 'content');
  await page.waitForFunction(() => document.title.startsWith('Payment · '));
  await page.keyboard.press('/');
  await page.keyboard.type('evt_01a22912-53fc-72bc-804d-93de19ad6ec3');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => location.hash === '#/events/evt_01a22912-53fc-72bc-804d-93de19ad6ec3');
  await page.goBack();
  await page.waitForFunction(() => location.hash.startsWith('#/payments/'));
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('input[type=search]')?.value === '');
  assert.deepEqual(
    problems.filter((problem) => !problem.includes('404')),
    [],
  );
});

test('the language is that of the browser, can be chosen, and stays chosen', { skip }, async (t) => {
  const { page, assertClean } = await open(t, shared, { locale: 'sv-FI' });

  await heading(page, 'Översikt').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'sv');
  await page.getByLabel('Språk').selectOption('en');
  await heading(page, 'Overview').waitFor();
  await page.reload();
  await heading(page, 'Overview').waitFor();

  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en');
  assertClean();
});

test('the colours are those of the system, can be chosen, and stay chosen', { skip }, async (t) => {
  const { page, assertClean } = await open(t, shared, { colorScheme: 'dark' });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();

  await page.getByLabel('Colours').selectOption('light');
  await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor !== before, dark);
  const light = await ground();
  await page.reload();
  await heading(page, 'Overview').waitFor();
  assert.equal(await ground(), light);
  await page.getByLabel('Colours').selectOption('auto');
  await page.waitForFunction((before) => getComputedStyle(document.body).backgroundColor === before, dark);
  await page.emulateMedia({ colorScheme: 'light' });

  assert.equal(await ground(), light);
  assertClean();
});

test('it asks by itself, but not while it is paused or hidden', { skip }, async (t) => {
  const { page, runFor, asked, assertClean } = await openWithClock(t);
  const show = (state: string) =>
    page.evaluate((visibility) => {
      Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => visibility });
      document.dispatchEvent(new Event('visibilitychange'));
    }, state);

  await runFor(12);
  assert.equal(asked(), 1);
  await page.getByRole('button', { name: 'Pause updates' }).click();
  await runFor(60);
  assert.equal(asked(), 1);
  await page.getByText('Updates are paused').waitFor();
  await page.getByRole('button', { name: 'Resume updates' }).click();
  await runFor(1);
  assert.equal(asked(), 2);
  await show('hidden');
  await runFor(60);
  assert.equal(asked(), 2);
  await show('visible');
  await runFor(1);

  assert.equal(asked(), 3);
  assertClean();
});

test('an update moves neither the focus nor what is selected nor what is scrolled', { skip }, async (t) => {
  const { page, runFor, asked, assertClean } = await openWithClock(t);
  const search = page.getByRole('searchbox');
  await search.fill('order 1');
  await search.evaluate((field: HTMLInputElement) => field.setSelectionRange(2, 5));

  await runFor(12);

  assert.equal(asked(), 1);
  const state = await search.evaluate((field: HTMLInputElement) => [
    field === document.activeElement,
    field.value,
    field.selectionStart,
    field.selectionEnd,
  ]);
  assert.deepEqual(state, [true, 'order 1', 2, 5]);
  assertClean();
});

test('when the page was updated is told by the clock of the service, as every time is', { skip }, async (t) => {
  const { page, assertClean } = await open(t);
  await page.addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 29 * 3_600_000;
  });
  await page.reload();
  const updated = page.locator('.freshness time');
  await updated.waitFor();
  const at = Date.parse((await updated.getAttribute('datetime')) ?? '');

  assert.ok(Math.abs(at - Date.now()) < 60_000);
  assertClean();
});

test('an answer that a later one has overtaken changes nothing', { skip }, async (t) => {
  const { page, assertClean } = await open(t);
  await heading(page, 'Overview').waitFor();
  const held = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const withDeadLetters = async (route: Route, count: number) => {
    const response = await route.fetch();
    const body = await response.json();
    await route.fulfill({ response, json: { ...body, deliveries: { ...body.deliveries, dead_letter: count } } });
  };
  let turn = 0;
  await page.route('**/status', async (route) => {
    turn += 1;
    if (turn > 1) return withDeadLetters(route, 2_222);
    arrived.resolve();
    await held.promise;
    return withDeadLetters(route, 1_111);
  });

  await page.getByRole('button', { name: 'Update now' }).click();
  await arrived.promise;
  await page.getByRole('button', { name: 'Update now' }).click();
  const link = views(page).getByRole('link', { name: /Dead letters/ });
  await link.getByText('2,222').waitFor();
  const late = page.waitForResponse((response) => response.url().endsWith('/status'));
  held.resolve();
  await (await late).finished();
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));

  assert.equal(await link.getByText('2,222').count(), 1);
  assertClean();
});

test('a service that is gone is told, what was seen stays, and it is told when it is back', { skip }, async (t) => {
  const env = { ...ENV, PORT: String(await freePort()) };
  const first = await startTestService(t, { env });
  const { page, foreign } = await open(t, first);
  await views(page).getByRole('link', { name: 'Deliveries' }).click();
  await heading(page, 'Deliveries').waitFor();
  const update = page.getByRole('button', { name: 'Update now' });

  await first.service.stop();
  await update.click();
  await page.getByRole('alert').getByText('The service has not answered since').waitFor();
  await heading(page, 'Deliveries').waitFor();
  assert.match(page.url(), /#\/deliveries$/);
  await startTestService(t, { env, databaseUrl: first.databaseUrl });
  await update.click();

  await page.getByText('The service has not answered since').waitFor({ state: 'detached' });
  assert.deepEqual(foreign, []);
});

test('a database that is away is told, and the service is not called gone', { skip }, async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  const service = await startTestService(t, { env: ENV, databaseUrl: proxy.url });
  const { page } = await open(t, service);
  await heading(page, 'Overview').waitFor();
  const update = page.getByRole('button', { name: 'Update now' });

  await proxy.leave();
  await update.click();
  await page.getByRole('alert').getByText('The database cannot be queried now').waitFor();
  await update.click();
  await page.waitForLoadState('networkidle');
  assert.equal(await page.getByText('The database cannot be queried now').count(), 1);
  await proxy.comeBack();
  await update.click();

  await page.getByText('The database cannot be queried now').waitFor({ state: 'detached' });
});

test('the environment is in sight, and production has no simulated callback', { skip }, async (t) => {
  const { page, assertClean } = await open(t);
  await page.getByRole('banner').getByText('Test', { exact: true }).waitFor();
  await views(page).getByRole('link', { name: 'Simulate' }).waitFor();
  const production = await startTestService(t, { env: { ...PAGE_ENV, RESURS_ENVIRONMENT: 'production' } });

  const { page: other } = await open(t, production);

  await other.getByRole('banner').getByText('Production', { exact: true }).waitFor();
  assert.equal(await views(other).getByRole('link', { name: 'Simulate' }).count(), 0);
  assertClean();
});

test('on a phone the view that is shown is in sight among the others', { skip }, async (t) => {
  const { page, go, assertClean } = await open(t, shared, { viewport: { width: 360, height: 740 } });
  for (const [address, name] of [
    ['#/simulated', 'Simulate'],
    ['#/', 'Overview'],
  ] as const) {
    await go(address);
    await page.waitForFunction(
      (text) => document.querySelector('[aria-current=page]')?.textContent?.trim() === text,
      name,
    );
    await page.waitForFunction(() => {
      const box = document.querySelector('[aria-current=page]')?.getBoundingClientRect();
      return box !== undefined && box.left >= 0 && box.right <= innerWidth;
    });
    assert.equal(await page.evaluate(() => scrollX), 0);
  }
  assertClean();
});
