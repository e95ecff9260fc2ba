/** A TEST that is sent from the page goes through the whole path of a real service to a real merchant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { skipWithoutBrowser } from '../helpers/browser.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { PAGE_ENV, pageOpener } from '../helpers/page.ts';
import { startTestService } from '../helpers/service.ts';

const skip = skipWithoutBrowser();
const open = pageOpener(skip);

const READ_TOKEN = 'a-reading-token-of-the-tests-7Kd2';
const TEST = { ...PAGE_ENV, RESURS_ENVIRONMENT: 'test' };

test('a TEST is sent, stored and delivered, each step in sight', { skip }, async (t) => {
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url, { ...TEST, FORWARD_TEST_CALLBACKS: 'true', STATUS_READ_TOKEN: READ_TOKEN });
  const receiver = await startTestService(t, { env });
  const base = receiver.service.urls.status;
  const { page, go, problems, foreign } = await open(t, base);

  await go('#/simulated');
  await page.getByRole('button', { name: 'Send a TEST' }).click();
  await page.getByText(/^The shop has it\. Tries: 1\.$/).waitFor();
  await page.getByText(/^Answered 204 after /).waitFor();
  assert.equal(await page.getByRole('img', { name: 'Done' }).count(), 3);
  const eventId = await page.getByRole('link', { name: /^evt_/ }).innerText();
  assert.deepEqual(
    merchant.received.map(({ body }) => JSON.parse(body).data.callback),
    ['TEST'],
  );
  assert.equal((await receiver.status(`/events/${eventId}`)).status, 200);

  merchant.answerWith(status(410));
  await page.getByRole('button', { name: 'Send a TEST' }).click();
  await page.getByText(/^Given up: .*410/).waitFor();
  assert.equal(await page.getByRole('img', { name: 'Failed' }).count(), 1);

  const reader = await open(t, base, { token: READ_TOKEN });
  await reader.go('#/simulated');
  await reader.page.getByText('Your token may only read.').waitFor();
  assert.ok(await reader.page.getByRole('button', { name: 'Send a TEST' }).isDisabled());
  assert.deepEqual([problems, foreign, reader.problems], [[], [], []]);
});

test('a TEST that does not arrive says why and what to do; one that is not forwarded as well', { skip }, async (t) => {
  const receiver = await startTestService(t, { env: TEST });
  const astray = await startTestService(t, { env: { ...TEST, PUBLIC_URL: 'http://127.0.0.1:9' } });
  const { page, go, problems } = await open(t, receiver.service.urls.status);

  await go('#/simulated');
  await page.getByRole('button', { name: 'Send a TEST' }).click();
  await page.getByText(/^TEST is not sent to the shop\. Set FORWARD_TEST_CALLBACKS=true/).waitFor();

  const other = await open(t, astray.service.urls.status);
  await other.go('#/simulated');
  await other.page.getByRole('button', { name: 'Send a TEST' }).click();
  await other.page.getByText(/^No answer within /).waitFor();
  await other.page.getByText(/receiver doctor --only/).waitFor();
  await other.page.getByText('No event was found.').waitFor();
  assert.deepEqual([problems, other.problems, other.foreign], [[], [], []]);
});

test('production simulates nothing, and says so', { skip }, async (t) => {
  const receiver = await startTestService(t, { env: { ...PAGE_ENV, RESURS_ENVIRONMENT: 'production' } });
  const { page, go, problems } = await open(t, receiver.service.urls.status);

  await go('#/simulated');
  await page.getByText(/^Callbacks are simulated only in the test environment/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Send a TEST' }).count(), 0);
  assert.equal(await page.getByRole('navigation').getByRole('link', { name: 'Simulate' }).count(), 0);
  assert.deepEqual(problems, []);
});
