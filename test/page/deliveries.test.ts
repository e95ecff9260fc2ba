/**
 * The list of deliveries: filters in the address, rows that stay where they are, selection, replays of a selection and
 * of a filter, and exports. A real browser on a real service with the weeks of a shop, and a real merchant.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { before, type TestContext, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import { seedEvents } from '../harness/seed-events.ts';
import { seedShop } from '../harness/seed-shop.ts';
import { waitUntil } from '../harness/wait.ts';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { type Merchant, startMerchant } from '../helpers/merchant.ts';
import { closeAfter, openPage, PAGE_ENV } from '../helpers/page.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const READ_TOKEN = 'a-reading-token-of-the-tests-5Vb1';

let browser: Browser;
let service: TestService;
let merchant: Merchant;
if (skip === false) {
  before(async (t) => {
    const context = t as TestContext;
    browser = await startBrowser(context);
    merchant = await startMerchant(context);
    const env = { ...webhookEnv(merchant.url), RESURS_ENVIRONMENT: 'test', STATUS_READ_TOKEN: READ_TOKEN };
    service = await startTestService(context, { env: { ...PAGE_ENV, ...env } });
    await seedShop(service.databaseUrl, { nowMs: Date.now(), payments: 80 });
  });
}

async function open(t: TestContext, address: string, token?: string) {
  const opened = await openPage(browser, service.service.urls.status, token === undefined ? {} : { token });
  closeAfter(t, opened);
  await opened.go(address);
  const assertClean = () => assert.deepEqual([opened.problems, opened.foreign], [[], []]);
  return { ...opened, assertClean };
}

const rows = (page: Page) => page.locator('table.events tbody tr');
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const dialog = (page: Page) => page.getByRole('dialog');
const paymentsOf = (page: Page) => rows(page).locator('td.payment').allInnerTexts();
const shownIds = async (page: Page) =>
  rows(page)
    .locator('td.what a')
    .evaluateAll((links) => links.map((link) => (link.getAttribute('href') ?? '').replace('#/events/', '')));

/** Updates as the timer does: without the focus. */
async function refresh(page: Page): Promise<void> {
  const answered = page.waitForResponse((response) => response.url().includes('/events?limit=50'));
  await button(page, 'Update now').evaluate((element: HTMLElement) => element.click());
  await answered;
}

/** An answer is shared for a second, so one update may be too early. */
async function refreshUntil(page: Page, shown: Locator): Promise<void> {
  const isShown = async () => {
    if (!(await shown.isVisible())) await refresh(page);
    return shown.isVisible();
  };
  assert.ok(await waitUntil(isShown));
}

/** How often each of the ids has arrived. */
function countsOf(ids: readonly string[]): number[] {
  return ids.map((id) => merchant.received.filter((one) => one.id === id).length);
}

async function waitUntilSent(): Promise<void> {
  assert.ok(await waitUntil(async () => (await service.query('select from outbox')).length === 0));
}

test('a filter stands in the address, and the list follows it', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries');
  await rows(page).nth(49).waitFor();
  await page.getByRole('navigation', { name: 'State of the delivery' }).getByText('Delivered').click();
  await page.waitForURL(/#\/deliveries\?state=delivered$/);
  await page.getByLabel('Type').selectOption('payment.annulled');
  await page.waitForURL(/state=delivered&type=payment\.annulled$/);
  await page.waitForFunction(() => {
    const types = [...document.querySelectorAll('td.what a')].map(({ textContent }) => textContent);
    return types.length > 0 && types.every((type) => type === 'Annulled');
  });

  const [payment = ''] = await paymentsOf(page);
  await page.getByLabel('Payment', { exact: true }).fill(payment);
  await page.waitForURL(new RegExp(`paymentId=${payment}`));
  await page.getByText('1 row is shown').waitFor();
  await button(page, 'The last hour').click();
  await page.waitForURL(/from=2\d{3}-/);
  await page.getByText('No event matches this filter.').waitFor();
  assert.notEqual(await page.getByLabel('From').inputValue(), '');
  await page.getByRole('link', { name: 'Clear the filter' }).first().click();
  await rows(page).nth(49).waitFor();
  assert.equal(await page.getByLabel('Payment', { exact: true }).inputValue(), '');
  assertClean();
});

test('further pages come when they are asked for, each event once', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries');
  await rows(page).nth(49).waitFor();
  await button(page, 'Show more').click();
  await rows(page).nth(99).waitFor();

  const ids = await shownIds(page);
  assert.deepEqual([ids.length, new Set(ids).size], [100, 100]);
  await refresh(page);
  assert.deepEqual(await shownIds(page), ids);
  assertClean();
});

test('new events move neither the rows, nor the selection, nor the focus', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries?type=payment.booked');
  await rows(page).nth(2).waitFor();
  await rows(page).nth(2).getByRole('checkbox').click();
  const before = { ids: await shownIds(page), box: await rows(page).nth(2).boundingBox() };
  await seedEvents(service, { count: 3, payment: 'new', type: 'payment.booked', callback: 'BOOKED' });
  await refreshUntil(page, button(page, '3 more have come: show them'));

  assert.deepEqual({ ids: await shownIds(page), box: await rows(page).nth(2).boundingBox() }, before);
  assert.ok(await rows(page).nth(2).getByRole('checkbox').isChecked());
  const focused = await page.evaluate(() => document.activeElement?.closest('tr')?.rowIndex);
  assert.equal(focused, 3);

  await button(page, '3 more have come: show them').click();
  await page.getByRole('link', { name: 'new-3' }).waitFor();
  const after = await shownIds(page);
  assert.deepEqual(after.slice(3), before.ids);
  assert.ok(await rows(page).nth(5).getByRole('checkbox').isChecked());
  assertClean();
});

test('a selection is kept over a refresh and further pages, and is replayed once each', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries?state=delivered');
  await rows(page).nth(49).waitFor();
  await rows(page).nth(1).getByRole('checkbox').click();
  await rows(page)
    .nth(3)
    .getByRole('checkbox')
    .click({ modifiers: ['Shift'] });
  await rows(page).nth(2).getByRole('checkbox').click();
  await refresh(page);
  await button(page, 'Show more').click();
  await rows(page).nth(60).getByRole('checkbox').click();
  const ids = await shownIds(page);
  const chosen = [1, 3, 60].map((index) => ids[index] ?? '');
  const others = ids.filter((id) => !chosen.includes(id));

  await button(page, 'Replay selection (3)').click();
  await dialog(page).getByText('3 deliveries will be sent again.').waitFor();
  await dialog(page).getByText('3 chosen events').waitFor();
  await dialog(page).getByRole('button', { name: 'Replay 3' }).click();
  await page.locator('[aria-valuetext="3 of 3"]').waitFor();
  await waitUntilSent();
  assert.deepEqual(countsOf(chosen), [1, 1, 1]);
  assert.equal(Math.max(...countsOf(others)), 0);
  assertClean();
});

test('all that match a filter are replayed once each, and rows that match no longer stay', { skip }, async (t) => {
  await seedEvents(service, { count: 60, payment: 'all', state: 'dead_letter', type: 'payment.other' });
  const { page, go, assertClean } = await open(t, '#/deliveries?state=dead_letter&type=payment.other');
  await rows(page).nth(49).waitFor();
  const ids = await shownIds(page);
  const second = await open(t, '#/deliveries?state=dead_letter&type=payment.other');
  await rows(second.page).nth(49).waitFor();

  await button(page, 'Replay all that match …').click();
  await dialog(page).getByText('given up, type “Other”').waitFor();
  await dialog(page).getByRole('button', { name: 'Replay 60' }).click();
  await page.locator('[aria-valuetext="60 of 60"]').waitFor();
  await waitUntilSent();
  assert.deepEqual(new Set(countsOf(ids)), new Set([1]));

  await refreshUntil(second.page, second.page.getByText('No longer in this list').nth(49));
  assert.deepEqual(await shownIds(second.page), ids);
  await go('#/deliveries?state=dead_letter&type=payment.other');
  await page.getByText('No event matches this filter.').waitFor();
  assertClean();
  second.assertClean();
});

test('what cannot be replayed says why, and a reading token changes nothing', { skip }, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries?type=payment.booked');
  await page.getByText('To replay all that match, choose a state').waitFor();
  assert.ok(await button(page, 'Replay all that match …').isDisabled());
  const reader = await open(t, '#/deliveries?state=dead_letter', READ_TOKEN);
  await rows(reader.page).first().waitFor();
  await rows(reader.page).first().getByRole('checkbox').click();

  assert.ok(await button(reader.page, 'Replay all that match …').isDisabled());
  assert.ok(await button(reader.page, 'Replay selection (1)').isDisabled());
  await reader.page.getByText('Your token may only read.').waitFor();
  await reader.go('#/dead-letters');
  await button(reader.page, /^Replay all \d+ …$/).waitFor();
  const states = await button(reader.page, /^Replay all/).evaluateAll((all) =>
    all.map((one) => one.matches(':disabled')),
  );
  assert.deepEqual(new Set(states), new Set([true]));
  assertClean();
  reader.assertClean();
});

test('a replay needs no mouse, its dialog can be used by all, and leaving it gives the focus back', {
  skip,
}, async (t) => {
  const { page, assertClean } = await open(t, '#/deliveries?state=dead_letter');
  await rows(page).nth(1).waitFor();
  await rows(page).first().getByRole('checkbox').focus();
  await page.keyboard.press('Space');
  await button(page, 'Replay selection (1)').focus();
  await page.keyboard.press('Enter');
  await dialog(page).getByText('1 delivery will be sent again.').waitFor();
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const { axe } = window as unknown as { axe: typeof import('axe-core') };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join()}`);
  });
  assert.deepEqual(findings, []);

  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), 'Replay selection (1)');
  await page.keyboard.press('Enter');
  const start = dialog(page).getByRole('button', { name: 'Replay 1' });
  await start.waitFor();
  await page.keyboard.press('Tab');
  assert.ok(await start.evaluate((element) => element === document.activeElement));
  await page.keyboard.press('Enter');
  await page.locator('[aria-valuetext="1 of 1"]').waitFor();
  await waitUntilSent();
  assertClean();
});

const HOSTILE = [
  '=HYPERLINK("http://evil.example","x")',
  '+1-1',
  '@SUM(1)',
  '-2+3',
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '\u202Eabc,"def"',
  'x'.repeat(255),
];

test('hostile texts are shown as texts, and exported as cells that do nothing', { skip }, async (t) => {
  await seedEvents(service, { count: HOSTILE.length, payment: 'evil', type: 'payment.thawed', ageDays: 0.5 });
  await service.query(
    `update events set (payment_key, payment_id) = (select h, h from (select ($1::text[])[split_part(payment_key, '-', 2)::int] as h) t)
     where payment_key like 'evil-%'`,
    [HOSTILE],
  );
  const { page, assertClean } = await open(t, '#/deliveries?type=payment.thawed');
  await page.getByRole('link', { name: '<img src=x onerror=alert(1)>' }).waitFor();
  assert.deepEqual(new Set(await paymentsOf(page)), new Set(HOSTILE));
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));

  const save = async (format: string) => {
    const [download] = await Promise.all([page.waitForEvent('download'), button(page, format).click()]);
    return readFile(await download.path(), 'utf8');
  };
  const csv = await save('CSV');
  for (const cell of [`,'+1-1,`, `,'@SUM(1),`, `,'-2+3,`, `,"'=HYPERLINK(""http://evil.example"",""x"")",`]) {
    assert.ok(csv.includes(cell), cell);
  }
  assert.doesNotMatch(csv, /(?:^|,|\n)"?[=+@]/m);
  const { json } = await service.status('/events?limit=200&type=payment.thawed');
  assert.deepEqual(JSON.parse(await save('JSON')), (json as { events: unknown }).events);
  assertClean();
});
