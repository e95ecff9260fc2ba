/** One event by itself, in a real browser on a real service. */
import assert from 'node:assert/strict';
import { before, type TestContext, test } from 'node:test';
import { skipWithoutBrowser, startBrowser } from '../helpers/browser.ts';
import { send, target } from '../helpers/callbacks.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { type Merchant, startMerchant } from '../helpers/merchant.ts';
import type { OpenedPage } from '../helpers/page.ts';
import { openPage, PAGE_ENV } from '../helpers/page.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();

let opened: OpenedPage;
let merchant: Merchant;
let service: TestService;
if (skip === false) {
  before(async (t) => {
    const context = t as TestContext;
    merchant = await startMerchant(context);
    service = await startTestService(context, { env: webhookEnv(merchant.url, PAGE_ENV) });
    opened = await openPage(await startBrowser(context), service.service.urls.status);
  });
}

async function idOf(callback: string): Promise<string> {
  const { json } = await service.status(`/events?callback=${callback}&limit=1`);
  const [event] = (json as { events: { id: string }[] }).events;
  return event?.id ?? assert.fail(`no ${callback}`);
}

test('an event is found by its id, leads to its payment, and shows its webhook as it was sent', { skip }, async () => {
  await sendCallback(service, 'UPDATE', 'p/1', { method: 'POST', body: '{"n": 1.50,\n"t":"\\u00e5"}' });
  const [received] = await merchant.waitFor(1);
  await waitForStates(service, ['delivered'], 1);
  const id = await idOf('UPDATE');
  const { page, problems, foreign } = opened;
  await page.keyboard.press('/');
  await page.keyboard.type(id);
  await page.keyboard.press('Enter');

  const entry = page.getByRole('article');
  await entry.getByRole('heading', { level: 2, name: 'Updated' }).waitFor();
  await entry.getByText('Webhook as sent').press('Enter');
  await entry.getByText('Details', { exact: true }).press('Enter');
  const body = entry.getByLabel('Body as it was stored');
  await body.waitFor();
  assert.equal(await body.textContent(), '{"n": 1.50,\n"t":"\\u00e5"}');
  const sent = entry.getByLabel('Body as it is sent');
  await sent.waitFor();
  assert.equal(await sent.textContent(), received?.body);
  assert.match((await entry.getByLabel('Send it to a test endpoint').textContent()) ?? '', /^printf %s '/);

  await page.getByRole('link', { name: 'p/1' }).click();
  await page.getByRole('heading', { level: 1, name: 'p/1' }).waitFor();
  assert.deepEqual([problems, foreign], [[], []]);
});

test('a TEST has no payment and no delivery', { skip }, async () => {
  assert.equal((await send(service.url, target('TEST', ''))).status, 204);
  const { page, go, problems, foreign } = opened;
  await go(`#/events/${await idOf('TEST')}`);

  await page.getByText('It is about no payment.').waitFor();
  const entry = page.getByRole('article', { name: 'Test callback' });
  await entry.getByText('Not forwarded').waitFor();
  assert.equal(await entry.getByRole('button', { name: /Send again/ }).count(), 0);
  assert.equal(await entry.getByText('Webhook as sent').count(), 0);
  assert.deepEqual([problems, foreign], [[], []]);
});

test('an unknown event says so', { skip }, async () => {
  const { page, go, problems, foreign } = opened;
  await go('#/events/evt_00000000-0000-4000-8000-000000000000');

  await page.getByText('No such event is stored.').waitFor();
  assert.deepEqual([problems.filter((problem) => !/status of 404/.test(problem)), foreign], [[], []]);
});
