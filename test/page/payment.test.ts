/** The story of a payment, in a real browser on a real service with a real merchant. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { ACCOUNT, type Responder, respondXml, startFakeServer } from '../helpers/fake-account.ts';
import { type Merchant, startMerchant, status } from '../helpers/merchant.ts';
import { closeAfter, type OpenedPage, openPage, PAGE_ENV } from '../helpers/page.ts';
import { startTestService, type TestService } from '../helpers/service.ts';
import { paymentResponse, paymentXml, UNKNOWN_PAYMENT } from '../resurs/payment-responses.ts';

const skip = skipWithoutBrowser();
const READ_TOKEN = 'a-reading-token-of-the-tests-7Kq';

let browser: Browser;
let merchant: Merchant;
let service: TestService;
let resurs: Responder = respondXml(200, paymentResponse(paymentXml({ id: 'ask', statuses: ['DEBITABLE'], diffs: '' })));
if (skip === false) {
  before(async (t) => {
    const context = t as TestContext;
    browser = await startBrowser(context);
    merchant = await startMerchant(context);
    const { baseUrl } = await startFakeServer(context, (response) => resurs(response));
    const account = { RESURS_USERNAME: ACCOUNT.username, RESURS_PASSWORD: ACCOUNT.password, RESURS_SOAP_URL: baseUrl };
    const env = {
      ...PAGE_ENV,
      ...account,
      RECONCILE: 'off',
      MAX_EVENTS_PER_PAYMENT: '5000',
      STATUS_READ_TOKEN: READ_TOKEN,
    };
    service = await startTestService(context, {
      env: webhookEnv(merchant.url, { ...env, WEBHOOK_RETRY_SCHEDULE: '1ms' }),
    });
  });
}

interface Options extends BrowserContextOptions {
  readonly token?: string;
}

/** One page serves the tests with the same options: signing in takes longer than most of them. */
let reader: Promise<OpenedPage> | null = null;

async function open(t: TestContext, options?: Options) {
  const base = service.service.urls.status;
  reader ??= openPage(browser, base);
  const opened = await (options === undefined ? reader : openPage(browser, base, options));
  if (options !== undefined) closeAfter(t, opened);
  const earlier = opened.problems.length;
  /** `refused`: what the test lets the service refuse, which the browser notes. */
  const assertClean = (refused: RegExp | null = null) => {
    const problems = opened.problems.slice(earlier).filter((problem) => refused === null || !refused.test(problem));
    assert.deepEqual([problems, opened.foreign], [[], []]);
  };
  return { ...opened, assertClean };
}

const entries = (page: Page) => page.getByRole('article');

/** Updates until something is shown: an answer that is a second old is still given. */
async function updateUntil(page: Page, shown: Locator): Promise<void> {
  const isShown = await waitUntil(async () => {
    await page.getByRole('button', { name: 'Update now' }).click();
    return shown.waitFor({ timeout: 500 }).then(
      () => true,
      () => false,
    );
  });
  assert.ok(isShown);
}

const REFUSED_404 = /status of 404/;

/** Resolves when so many entries are shown. */
async function waitForEntries(page: Page, count: number): Promise<void> {
  await page.waitForFunction((wanted) => document.querySelectorAll('article').length === wanted, count);
}

test('a story tells the state, the facts in time, and each event with its attempts', { skip }, async (t) => {
  const before = merchant.received.length;
  merchant.answerWith((request, response) => {
    const isFirst = request.attempt === 1 && request.body.includes('"UNFREEZE"');
    response.writeHead(isFirst ? 503 : 204).end(isFirst ? 'Service Unavailable' : '');
  });
  await sendCallback(service, 'BOOKED', 'story');
  await sendCallback(service, 'UNFREEZE', 'story');
  await sendCallback(service, 'UNFREEZE', 'story');
  await merchant.waitFor(before + 3);
  await waitForStates(service, ['delivered'], 2);
  const { page, go, assertClean } = await open(t);

  await go('#/payments/story');
  await page.getByText(/^Approved .*: may be shipped$/).waitFor();
  await page.getByText('The shop has all 2 events.').waitFor();
  const marks = page.getByRole('region', { name: 'What was reported' }).getByRole('listitem');
  assert.deepEqual(
    (await marks.allInnerTexts()).map((text) => text.split('\n')[0]),
    ['Booked', 'Unfrozen'],
  );
  assert.match(await entries(page).first().innerText(), /Unfrozen/);
  await entries(page)
    .first()
    .getByText(/Resurs sent it 2 times/)
    .waitFor();
  const attempts = await entries(page)
    .first()
    .getByRole('list', { name: 'Attempts' })
    .getByRole('listitem')
    .allInnerTexts();
  assert.match(attempts[0] ?? '', /Attempt 1[\s\S]*refused 503[\s\S]*Service Unavailable/);
  assert.match(attempts[1] ?? '', /Attempt 2[\s\S]*accepted 204/);

  await page.getByRole('button', { name: 'Oldest first' }).click();
  await page.waitForFunction(() => document.querySelector('article')?.textContent?.includes('Booked'));
  assert.match(page.url(), /#\/payments\/story\?order=oldest$/);
  merchant.answerWith(status(204));
  assertClean();
});

test('an event is sent again to the merchant, and its entry follows', { skip }, async (t) => {
  merchant.answerWith(status(422, {}, '{"error":"unknown order"}'));
  await sendCallback(service, 'ANNULMENT', 'again');
  const { page, go, assertClean } = await open(t);
  await go('#/payments/again');
  const entry = entries(page).first();
  await entry.getByText('Given up after 1 attempt. Send it again once the cause is mended.').waitFor();
  await page.getByText('1 event was given up: send it again below.').waitFor();
  merchant.answerWith(status(204));
  const before = merchant.received.length;

  await entry.getByRole('button', { name: /Send again/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Send this event again?' });
  await dialog.waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await entry.getByRole('button', { name: /Send again/ }).press('Enter');
  await dialog.getByRole('button', { name: 'Send again' }).click();

  await entry.getByText('Delivered').waitFor();
  await entry.getByText('Attempt 2').waitFor();
  const received = await merchant.waitFor(before + 1);
  assert.equal(received.at(-1)?.attempt, 2);
  await updateUntil(page, page.getByText('The shop has the only event.'));
  assertClean();
});

test('a token that may only read sends nothing again', { skip }, async (t) => {
  await sendCallback(service, 'BOOKED', 'read-only');
  const { page, go, assertClean } = await open(t, { token: READ_TOKEN });
  await go('#/payments/read-only');

  const button = entries(page)
    .first()
    .getByRole('button', { name: /Send again/ });
  await button.waitFor();
  assert.equal(await button.isDisabled(), true);
  await entries(page).first().getByText('Your token may only read.').waitFor();
  assertClean();
});

const HOSTILE = `<img src=x onerror="document.title='owned'"></script><script>document.title='owned'</script>\u202Egnirts`;
const LONG = 'x'.repeat(10_000);

test('texts of strangers are texts, and long ones do not break the page', { skip }, async (t) => {
  await seedEvents(service, { count: 1, state: 'dead_letter', payment: HOSTILE, isOnePayment: true });
  await service.query(
    `update events set callback = $2, result = $2, parameters = $3, body = $4, order_reference = $2,
            snapshot = $5
     where payment_key = $1`,
    [
      HOSTILE,
      HOSTILE,
      JSON.stringify({ [HOSTILE]: LONG, [LONG]: [HOSTILE, HOSTILE] }),
      Buffer.from(HOSTILE + LONG),
      JSON.stringify({ payment: null, paymentError: HOSTILE + LONG }),
    ],
  );
  await service.query(
    `update deliveries set first_error = $2, first_answer = $3, first_status = 500
     where sequence = (select sequence from events where payment_key = $1)`,
    [HOSTILE, HOSTILE + LONG.slice(0, 700), HOSTILE + LONG.slice(0, 800)],
  );
  const { page, go, assertClean } = await open(t, { viewport: { width: 360, height: 740 } });

  await go(`#/payments/${encodeURIComponent(HOSTILE)}`);
  const entry = entries(page).first();
  await page.getByRole('heading', { level: 1, name: HOSTILE }).waitFor();
  await entry.getByText('Details', { exact: true }).click();
  await entry.getByText('Answer of the shop', { exact: true }).click();
  await entry.getByText('Webhook as sent', { exact: true }).click();
  await entry.getByText('Body as it was stored').waitFor();
  await entry.getByText('Body as it is sent').waitFor();

  const found = await page.evaluate(() => ({
    title: document.title,
    foreign: document.querySelectorAll('main img, main script').length,
    overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  }));
  assert.deepEqual(found, { title: found.title, foreign: 0, overflow: 0 });
  assert.doesNotMatch(found.title, /owned/);
  assertClean();
});

test('a body of 256 KiB is loaded when it is opened, and cut until the reader wants it', { skip }, async (t) => {
  const body = JSON.stringify({ text: 'å'.repeat(130_000) });
  await sendCallback(service, 'UPDATE', 'big', { method: 'POST', body });
  const { page, go, assertClean } = await open(t);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await go('#/payments/big');
  await entries(page).first().waitFor();
  assert.deepEqual(
    asked.filter((path) => path.startsWith('/events/')),
    [],
  );

  await entries(page).first().getByText('Details', { exact: true }).click();
  const text = page.getByLabel('Body as it was stored');
  await text.waitFor();
  assert.equal((await text.textContent())?.length, 16_384);
  await page.getByRole('button', { name: /^Show all/ }).click();
  await page.waitForFunction(
    (length) => document.querySelector('article pre')?.textContent?.length === length,
    body.length,
  );
  assert.equal(await text.textContent(), body);
  assertClean();
});

test('1 900 events are shown in pages, and a refresh moves nothing', { skip }, async (t) => {
  await seedEvents(service, { count: 1_900, payment: 'many', isOnePayment: true });
  const { page, go, assertClean } = await open(t);
  await go('#/payments/many');
  await page.getByText('The shop has all events.').waitFor();
  await waitForEntries(page, 50);
  await page.getByRole('button', { name: 'Show earlier events' }).click();
  await waitForEntries(page, 100);
  await page.getByText('100 events are shown').waitFor();

  const old = entries(page).nth(70);
  await old.getByText('Details', { exact: true }).click();
  await old.getByText('Checks passed').waitFor();
  const selected = await old.locator('.entry-title').evaluate((title) => {
    getSelection()?.selectAllChildren(title);
    const details = title.closest('article')?.querySelector('summary');
    details?.focus({ preventScroll: true });
    getSelection()?.selectAllChildren(title);
    return getSelection()?.toString();
  });
  await sendCallback(service, 'ANNULMENT', 'many');
  await waitForEntries(page, 101);

  const after = await page.evaluate(() => ({
    selected: getSelection()?.toString(),
    isFocused: document.activeElement?.tagName,
    isOpen: document.querySelectorAll('article details[open]').length,
    first: document.querySelector('article')?.getAttribute('aria-label'),
  }));
  assert.deepEqual(after, { selected, isFocused: 'SUMMARY', isOpen: 1, first: 'Annulled' });
  assertClean();
});

test('of very many events it is not said that the shop has all, unless that is known', { skip }, async (t) => {
  await seedEvents(service, { count: 1, payment: 'vast', isOnePayment: true, state: 'dead_letter' });
  await seedEvents(service, { count: 2_500, payment: 'vast', isOnePayment: true });
  const { page, go, assertClean } = await open(t);
  await go('#/payments/vast');
  await page.getByText('The shop has the newest events.').waitFor();

  await page.route('**/payments/vast?*cursor=*', (route) => {
    return route.fulfill({ status: 500, json: { error: { code: 'internal', message: 'Something broke.' } } });
  });
  await page.getByRole('button', { name: 'Show earlier events' }).click();
  await page.getByRole('alert').getByText('Something broke.').waitFor();
  await page.unroute('**/payments/vast?*cursor=*');
  await page.getByRole('button', { name: 'Show earlier events' }).click();
  await waitForEntries(page, 100);
  assert.equal(await page.getByText('Something broke.').count(), 0);
  assertClean(/status of 500/);
});

test('of 10 000 events the newest are shown, and others on demand', { skip }, async (t) => {
  await seedEvents(service, { count: 10_000, payment: 'thousands', isOnePayment: true });
  const { page, go, assertClean } = await open(t);
  await go('#/payments/thousands');
  await waitForEntries(page, 50);
  await page.getByText('The shop has the newest events.').waitFor();
  await page.getByRole('button', { name: 'Show earlier events' }).click();
  await waitForEntries(page, 100);
  await page.getByRole('button', { name: 'Oldest first' }).click();
  await page.getByText('50 events are shown').waitFor();
  assertClean();
});

test('a slow answer about one payment never shows it under another', { skip }, async (t) => {
  await sendCallback(service, 'BOOKED', 'slow-a');
  await sendCallback(service, 'FINALIZATION', 'slow-b');
  const { page, go, assertClean } = await open(t);
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: answered, resolve: noteAnswered } = Promise.withResolvers<void>();
  await page.route('**/payments/slow-a?*', async (route) => {
    const response = await route.fetch();
    await released;
    await route.fulfill({ response }).catch(() => undefined);
    noteAnswered();
  });
  await go('#/payments/slow-a');
  await page.getByRole('heading', { level: 1 }).waitFor();
  await go('#/payments/slow-b');
  await page.getByRole('heading', { level: 1, name: 'slow-b' }).waitFor();

  release();
  await answered;
  await updateUntil(page, page.getByText(/^Captured/).first());
  assert.equal(await page.getByText('slow-a').count(), 0);
  await page.unrouteAll();
  assertClean();
});

test('an order leads to its payment, and to its other payments', { skip }, async (t) => {
  for (const payment of ['mapi-one', 'mapi-two']) {
    await seedEvents(service, {
      count: 1,
      payment,
      isOnePayment: true,
      type: 'payment.authorized',
      callback: 'AUTHORIZATION',
    });
    await service.query(
      `update events set provider = 'resurs-mapi', order_reference = 'ORDER 7/1' where payment_key = $1`,
      [payment],
    );
  }
  const { page, assertClean } = await open(t);
  await page.keyboard.press('/');
  await page.keyboard.type('ORDER 7/1');
  await page.keyboard.press('Enter');

  await page.getByRole('heading', { level: 1, name: 'mapi-two' }).waitFor();
  await page.getByText('Merchant API').waitFor();
  await page.getByRole('link', { name: 'mapi-one' }).click();
  await page.getByRole('heading', { level: 1, name: 'mapi-one' }).waitFor();
  assert.match(page.url(), /#\/payments\/mapi-one$/);
  assertClean();
});

test('an unknown payment says what to do, and shows its events as soon as there are some', { skip }, async (t) => {
  await service.query(
    `insert into rejections (payment_id, callback, first_seen_at, last_seen_at, count)
     values ('unknown', 'UNFREEZE', now(), now(), 1)`,
  );
  const { page, go, assertClean } = await open(t);
  await go('#/payments/unknown');

  await page.getByText('No event of this payment or order is stored.').waitFor();
  await page.getByText(/turned away because the order is not ours: UNFREEZE/).waitFor();
  await page.getByText('The order is not registered.').waitFor();
  assert.equal(
    await page.locator('main').getByRole('link', { name: 'Turned away' }).first().getAttribute('href'),
    '#/turned-away',
  );

  await sendCallback(service, 'BOOKED', 'unknown');
  await updateUntil(page, page.getByText(/^Booked .*do not ship yet/));
  assertClean(REFUSED_404);
});

test('Resurs is asked when the reader wants it, and its answer or refusal is shown', { skip }, async (t) => {
  await sendCallback(service, 'BOOKED', 'ask');
  const { page, go, assertClean } = await open(t);
  await go('#/payments/ask');
  await page.getByRole('button', { name: 'Ask Resurs' }).click();

  const told = page.getByRole('region', { name: 'What Resurs says now' });
  await told.getByText('May be shipped').waitFor();
  await told.getByText('DEBITABLE').waitFor();
  resurs = respondXml(500, UNKNOWN_PAYMENT);
  await told.getByRole('button', { name: 'Ask again' }).click();
  await told.getByText('Resurs does not know this payment.').waitFor();
  assertClean(REFUSED_404);
});

test('an id is copied on plain http too', { skip }, async (t) => {
  await sendCallback(service, 'BOOKED', 'copy-me');
  const { page, go, assertClean } = await open(t, {});
  await page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }));
  await go('#/payments/copy-me');
  await page.reload();
  await page.getByRole('button', { name: 'Copy id' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();

  await page.getByRole('searchbox').focus();
  await page.keyboard.press('Control+V');
  assert.equal(await page.getByRole('searchbox').inputValue(), 'copy-me');
  assertClean();
});

test('an erased payment says so', { skip }, async (t) => {
  await sendCallback(service, 'BOOKED', 'erased');
  await service.query(
    `update events set erased_at = now(), body = null, parameters = '{}' where payment_key = 'erased'`,
  );
  const { page, go, assertClean } = await open(t);
  await go('#/payments/erased');

  await entries(page).first().getByText('Erased', { exact: true }).waitFor();
  assertClean();
});
