/**
 * Replays from the page: dead letters by reason, one replay of thousands with its typed count, its stop, and what keeps
 * one press from becoming two replays. A real browser, service and merchant, in production.
 */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { type Merchant, startMerchant } from '../helpers/merchant.ts';
import { closeAfter, openPage, PAGE_ENV } from '../helpers/page.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
/** The browser notes answers that refuse; these are expected. */
const REFUSED = /Failed to load resource: .*(?:404|409|ERR_FAILED)/;

let browser: Browser;
let service: TestService;
let merchant: Merchant;
if (skip === false) {
  before(async (t) => {
    const context = t as TestContext;
    browser = await startBrowser(context);
    merchant = await startMerchant(context);
    const env = { ...PAGE_ENV, ...webhookEnv(merchant.url), RESURS_ENVIRONMENT: 'production' };
    service = await startTestService(context, { env });
  });
}

async function open(t: TestContext, address: string) {
  const opened = await openPage(browser, service.service.urls.status);
  closeAfter(t, opened);
  await opened.go(address);
  const assertClean = () => {
    const problems = opened.problems.filter((problem) => !REFUSED.test(problem));
    assert.deepEqual([problems, opened.foreign], [[], []]);
  };
  return { ...opened, assertClean };
}

/** Dead letters that ended with this status. */
async function seedDead(payment: string, count: number, status: number): Promise<void> {
  await seedEvents(service, { payment, count, state: 'dead_letter' });
  await service.query(
    `update deliveries d set first_status = $2 from events e where e.sequence = d.sequence and e.payment_key like $1`,
    [`${payment}-%`, status],
  );
}

/** Ids of all events of these payments that arrived, in order of arrival. */
async function arrivedOf(payment: string): Promise<string[]> {
  const rows = await service.query<{ id: string }>(`select id from events where payment_key like $1`, [`${payment}-%`]);
  const ids = new Set(rows.map(({ id }) => `evt_${id}`));
  return merchant.received.map(({ id }) => id).filter((id) => ids.has(id));
}

async function assertArrivedOnce(payment: string, count: number): Promise<void> {
  assert.ok(await waitUntil(async () => (await service.query('select from outbox')).length === 0));
  const arrived = await arrivedOf(payment);
  assert.deepEqual([arrived.length, new Set(arrived).size], [count, count]);
}

const dialog = (page: Page) => page.getByRole('dialog');
const replaysOf = async (reason: string) => {
  const rows = await service.query(`select from replays where filter ->> 'reason' = $1`, [reason]);
  return rows.length;
};
const progress = (page: Page, text: string) => page.locator(`[role=progressbar][aria-valuetext="${text}"]`).waitFor();
const reason = (page: Page, name: RegExp) =>
  page.getByRole('article').filter({ has: page.getByRole('heading', { name }) });
const replayButton = (page: Page, name: RegExp) => reason(page, name).getByRole('button', { name: /^Replay all/ });

test('5 000 dead letters of one reason are replayed after their number was typed, each once', { skip }, async (t) => {
  await seedDead('many', 5_000, 503);
  await seedDead('gone', 3, 410);
  const { page, assertClean } = await open(t, '#/dead-letters');
  await page.getByText('5,003 events were given up.').waitFor();
  await reason(page, /503 Service unavailable/)
    .getByText('Unfrozen 5,000')
    .waitFor();

  await replayButton(page, /503/).click();
  await dialog(page).getByText('5,000 deliveries will be sent again.').waitFor();
  await dialog(page).getByText(new URL(merchant.url).host).waitFor();
  await dialog(page).getByText('Production', { exact: true }).waitFor();
  const start = dialog(page).getByRole('button', { name: 'Replay 5,000' });
  assert.ok(await start.isDisabled());
  await dialog(page)
    .getByLabel(/Type 5,000/)
    .fill('500');
  assert.ok(await start.isDisabled());
  await page.keyboard.press('Enter');
  await dialog(page)
    .getByLabel(/Type 5,000/)
    .fill('5 000');
  await page.keyboard.press('Enter');

  await page.waitForURL(/#\/replays\/[0-9a-f-]{36}$/);
  await progress(page, '5,000 of 5,000');
  await page.getByText('Done', { exact: true }).waitFor();
  await page.getByText('given up, reason 503').waitFor();
  await assertArrivedOnce('many', 5_000);
  await assertArrivedOnce('gone', 0);
  await page.getByRole('link', { name: 'Dead letters' }).click();
  await page.getByText('3 events were given up.').waitFor();
  assertClean();
});

test('a double click starts one replay', { skip }, async (t) => {
  await seedDead('double', 4, 422);
  const { page, assertClean } = await open(t, '#/dead-letters');
  await replayButton(page, /422/).click();
  await dialog(page).getByRole('button', { name: 'Replay 4' }).dblclick();

  await progress(page, '4 of 4');
  assert.equal(await replaysOf('422'), 1);
  await assertArrivedOnce('double', 4);
  assertClean();
});

test('after silence the same replay is asked for once more, and it starts once', { skip }, async (t) => {
  await seedDead('silent', 5, 404);
  const { page, assertClean } = await open(t, '#/dead-letters');
  await replayButton(page, /404/).click();
  const start = dialog(page).getByRole('button', { name: 'Replay 5' });
  await start.waitFor();
  await page.route(
    '**/replays',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );
  await start.click();
  await dialog(page)
    .getByText(/not known whether the replay has started/)
    .waitFor();
  assert.equal(await replaysOf('404'), 1);
  await assertArrivedOnce('silent', 5);
  await start.click();

  await progress(page, '5 of 5');
  assert.equal(await replaysOf('404'), 1);
  await assertArrivedOnce('silent', 5);
  assertClean();
});

test('no key closes the question while its outcome is not known', { skip }, async (t) => {
  await seedDead('held', 3, 501);
  const { page, assertClean } = await open(t, '#/dead-letters');
  await replayButton(page, /501/).click();
  const held = Promise.withResolvers<void>();
  await page.route('**/replays', async (route) => {
    await held.promise;
    await route.abort();
  });
  await dialog(page).getByRole('button', { name: 'Replay 3' }).click();
  await dialog(page).getByRole('button', { name: 'Starting' }).waitFor();
  for (let times = 0; times < 4; times++) await page.keyboard.press('Escape');
  held.resolve();

  await dialog(page)
    .getByText(/not known whether the replay has started/)
    .waitFor();
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await replayButton(page, /501/).click();
  await dialog(page).waitFor();
  assertClean();
});

test('when more match than were counted nothing is sent, and the new number is shown', { skip }, async (t) => {
  await seedDead('before', 2, 500);
  const { page, assertClean } = await open(t, '#/dead-letters');
  await replayButton(page, /500/).click();
  await dialog(page).getByRole('button', { name: 'Replay 2' }).waitFor();
  await seedDead('after', 1, 500);
  await dialog(page).getByRole('button', { name: 'Replay 2' }).click();

  await dialog(page)
    .getByText(/More match than were counted before/)
    .waitFor();
  await dialog(page).getByText('3 deliveries will be sent again.').waitFor();
  assert.equal(await replaysOf('500'), 0);
  await dialog(page).getByRole('button', { name: 'Replay 3' }).click();
  await progress(page, '3 of 3');
  await assertArrivedOnce('before', 2);
  await assertArrivedOnce('after', 1);
  assertClean();
});

test('a replay that runs is stopped after a question, and the rest stays given up', { skip }, async (t) => {
  await seedDead('long', 1_500, 429);
  const held = await beginBlocking(
    t,
    service.databaseUrl,
    `select from deliveries where sequence = (
       select sequence from events where payment_key like 'long-%' order by sequence offset 1200 limit 1
     ) for update`,
  );
  const { page, assertClean } = await open(t, '#/dead-letters');
  await replayButton(page, /429/).click();
  await dialog(page)
    .getByLabel(/Type 1,500/)
    .fill('1500');
  await dialog(page).getByRole('button', { name: 'Replay 1,500' }).click();
  await page.getByText('Running', { exact: true }).waitFor();
  await waitForBlocked(service, 1);
  const [running] = await service.query<{ replayed: number }>(`select replayed from replays where state = 'running'`);
  const done = `${running?.replayed.toLocaleString('en-GB')} of 1,500`;
  await progress(page, done);

  await page.getByRole('button', { name: 'Stop …' }).click();
  await dialog(page).getByText(`${done} are put back`).waitFor();
  await dialog(page).getByRole('button', { name: 'Stop the replay' }).click();
  // It takes the replay's row as soon as the step that waits has given up.
  await page.getByText('Stopped', { exact: true }).waitFor();
  await held.release();
  await page.getByRole('button', { name: 'Stop …' }).waitFor({ state: 'detached' });
  const [stopped] = await service.query<{ replayed: number }>(`select replayed from replays where state = 'stopped'`);
  await assertArrivedOnce('long', stopped?.replayed ?? 0);
  await page.getByRole('link', { name: 'Replays', exact: true }).click();
  await page.getByRole('row', { name: /reason 429.*Stopped/ }).waitFor();
  assertClean();
});

test('a replay that there is none of is said in words', { skip }, async (t) => {
  const { page, go, assertClean } = await open(t, '#/replays/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E');
  await page.getByText('There is no such replay.').waitFor();
  await go('#/replays/00000000-0000-4000-8000-000000000000');
  await page.getByText('There is no such replay.').waitFor();
  assertClean();
});
