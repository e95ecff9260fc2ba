/**
 * Every view as those see it who do not see it as others do: axe finds nothing serious, and nothing is wider than the
 * screen of a phone. The policy of the page is in force: axe is run by the debugger, as no script of the page.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { before, type TestContext, test } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openWatched, skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { closeAfter, openPage } from '../helpers/page.ts';
import { NOT_FOUND_NOTICE, type ShopService, startShopService } from './every-view.ts';

const skip = skipWithoutBrowser();
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDE = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 } };

let browser: Browser;
let shop: ShopService;
if (skip === false) {
  before(async (t) => {
    browser = await startBrowser(t as TestContext);
    shop = await startShopService(t as TestContext);
  });
}

/** What axe finds that is serious or critical, in one line each. */
async function findingsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  const results = await page.evaluate(async (): Promise<AxeResults> => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    return axe.run(document, { resultTypes: ['violations'] });
  });
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
}

const widthBeyond = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

async function assertViews(t: TestContext, options: BrowserContextOptions): Promise<void> {
  const opened = await openPage(browser, shop.base, options);
  closeAfter(t, opened);
  const { page, go, problems, foreign } = opened;
  for (const address of shop.addresses) {
    await go(address);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle');
    assert.deepEqual(await findingsOf(page), [], address);
    assert.equal(await widthBeyond(page), 0, `${address} is wider than the screen`);
  }
  assert.deepEqual([problems.filter((problem) => !NOT_FOUND_NOTICE.test(problem)), foreign], [[], []]);
}

test('every view can be used by all, wide, light and in English', { skip }, async (t) => {
  await assertViews(t, { ...WIDE, colorScheme: 'light', locale: 'en-GB' });
});

test('every view can be used by all, on a phone, dark and in Swedish', { skip }, async (t) => {
  await assertViews(t, { ...PHONE, colorScheme: 'dark', locale: 'sv-SE', hasTouch: true });
});

test('the form for the token can be used by all, with and without a problem', { skip }, async (t) => {
  for (const options of [
    { ...WIDE, colorScheme: 'dark' },
    { ...PHONE, colorScheme: 'light', locale: 'sv-SE' },
  ] as const) {
    const { page, ...watched } = await openWatched(browser, shop.base, options);
    closeAfter(t, { page, ...watched });
    await page.goto(`${shop.base}/ui/`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    assert.deepEqual(await findingsOf(page), []);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').locator('.notice').waitFor();
    assert.deepEqual(await findingsOf(page), []);
    assert.equal(await widthBeyond(page), 0);
  }
});
