/** The overview of a real service in a real browser: its sentence follows what happens, its charts keep what is open. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import { seedShop } from '../harness/seed-shop.ts';
import { waitUntil } from '../harness/wait.ts';
import { skipWithoutBrowser } from '../helpers/browser.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { PAGE_ENV, pageOpener } from '../helpers/page.ts';
import { startTestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
const open = pageOpener(skip);

const READ_TOKEN = 'a-reading-token-of-the-tests-7Kd2';

/** Asks for news until the page shows it. */
async function updateUntil(page: Page, shown: Locator): Promise<void> {
  const isShown = await waitUntil(async () => {
    await page.getByRole('button', { name: 'Update now' }).click();
    return shown.first().isVisible();
  }, 20_000);
  assert.ok(isShown, `${shown} is not shown: ${await page.locator('.verdict').innerText()}`);
}

async function startShop(t: TestContext) {
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url, { ...PAGE_ENV, WEBHOOK_RETRY_SCHEDULE: '1h', STATUS_READ_TOKEN: READ_TOKEN });
  const receiver = await startTestService(t, { env });
  const base = receiver.service.urls.status;
  return { merchant, receiver, base, opened: await open(t, base) };
}

test('the sentence says that all is well, that the webhook is down, and that events were given up', {
  skip,
}, async (t) => {
  const { merchant, receiver, base, opened } = await startShop(t);
  const { page, problems, foreign } = opened;
  const sentence = page.locator('.finding.first');
  const saying = (text: RegExp) => sentence.filter({ hasText: text });

  await saying(/No callback has come yet/).waitFor();
  await sendCallback(receiver, 'UNFREEZE', 'p0');
  await waitForStates(receiver, ['delivered']);
  await updateUntil(page, saying(/^All well: last callback .*, nothing waits\./));

  merchant.answerWith(status(500));
  for (const paymentId of ['p1', 'p2', 'p3', 'p4', 'p5']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await updateUntil(page, saying(/^The shop's webhook has been down for .*; 5 events wait; /));
  const card = page.getByRole('region', { name: "The shop's webhook" });
  await card.getByText('HTTP 500').waitFor();
  await seesDisabled(t, base);

  merchant.answerWith(status(204));
  await card.getByRole('button', { name: 'Try now' }).click();
  await updateUntil(page, saying(/^All well: .*; 4 events are on the way; next try in /));

  merchant.answerWith(status(410));
  await sendCallback(receiver, 'UNFREEZE', 'p6');
  await updateUntil(page, saying(/^1 event was given up/));
  await page.getByRole('link', { name: '1 Given up' }).click();
  await page.getByRole('heading', { name: 'Dead letters', level: 1 }).waitFor();
  assert.deepEqual([problems, foreign], [[], []]);
});

/** A token that may only read tries nothing, and is told so. */
async function seesDisabled(t: TestContext, base: string): Promise<void> {
  const { page } = await open(t, base, { token: READ_TOKEN });
  const card = page.getByRole('region', { name: "The shop's webhook" });
  await card.getByText('Your token may only read.').waitFor();
  assert.ok(await card.getByRole('button', { name: 'Try now' }).isDisabled());
}

test('charts have tables of the same numbers, and a refresh keeps what is open and chosen', { skip }, async (t) => {
  const receiver = await startTestService(t, { env: PAGE_ENV });
  const base = receiver.service.urls.status;
  await seedShop(receiver.databaseUrl, { nowMs: Date.now(), payments: 60 });
  const { page, go, problems, foreign } = await open(t, base);

  await go('#/?range=30d');
  await page.getByRole('link', { name: '30 days' }).and(page.locator('[aria-current]')).waitFor();
  const chart = page.getByRole('region', { name: 'Events by type' });
  await chart.getByText('Show as a table').click();
  const cells = await chart.locator('td').allInnerTexts();
  const [{ count = 0 } = {}] = await receiver.query<{ count: number }>(
    `select sum(count)::int as count from hourly_counts where kind = 'event'
     and hour >= date_trunc('day', now(), 'UTC') - interval '29 days'`,
  );
  assert.equal(
    cells.reduce((sum, cell) => sum + Number(cell), 0),
    count,
  );
  await chart.getByText(`${count} in all`).waitFor();

  const plot = chart.getByRole('group', { name: 'Events by type' }).first();
  await plot.focus();
  for (const key of ['End', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
  const shown = await chart.locator('.plot-card b').innerText();
  const asked = page.waitForResponse(/\/statistics\?step=day/);
  // By the keyboard's own way, since a click would take the focus.
  await page.getByRole('button', { name: 'Update now' }).dispatchEvent('click');
  await (await asked).finished();
  await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.equal(await chart.locator('.plot-card b').innerText(), shown);
  assert.ok(await plot.evaluate((element) => element === document.activeElement));
  assert.ok(await chart.locator('details').evaluate((element) => (element as HTMLDetailsElement).open));
  await page.keyboard.press('Escape');
  await chart.locator('.plot-card').waitFor({ state: 'detached' });

  await page.getByRole('link', { name: '7 days' }).click();
  await page.getByRole('heading', { name: 'The last 7 days' }).waitFor();
  assert.match(page.url(), /#\/\?range=7d$/);
  assert.deepEqual([problems, foreign], [[], []]);
});

test('hostile texts of alerts and errors stay texts, also on a phone and in Swedish', { skip }, async (t) => {
  const receiver = await startTestService(t, { env: PAGE_ENV });
  const hostile = `<img src=x onerror="document.title='owned'"></script>\u202e${'x'.repeat(10_000)}`;
  await receiver.query(
    `insert into alerts (name, edge_id, state, severity, since, until, last_true_at, message, fix)
     values ('silence', gen_random_uuid(), 'firing', 'critical', now(), null, now(), $1, $1)`,
    [hostile],
  );
  const viewport = { width: 360, height: 700 };
  const { page, problems, foreign } = await open(t, receiver.service.urls.status, {
    viewport,
    locale: 'sv-SE',
  });

  await page.getByText('Ingen webhook är inställd').first().waitFor();
  await page.getByText('<img src=x onerror="document.title=\'owned\'">').first().waitFor();
  assert.equal(await page.locator('img[src="x"]').count(), 0);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  assert.notEqual(await page.title(), 'owned');
  await page.getByText('Inget under den här tiden.').first().waitFor();
  assert.deepEqual([problems, foreign], [[], []]);
});
