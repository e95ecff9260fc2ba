/**
 * The callbacks of the Merchant API that the fake Resurs sends: a POST with JSON to the URLs that a shop formed, repeated
 * until it is accepted, and never before the payment is as the callback says. The receiver is a real HTTP server.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { application, authorization, management, mapiTest } from '../../src/simulator/mapi/callbacks.ts';
import { uuidFrom } from '../../src/simulator/mapi/ids.ts';
import type { MapiUrls } from '../../src/simulator/mapi/url.ts';
import { setUpFakeResurs } from './fake-resurs.ts';
import { OK, type RespondTo, startReceiver, UNAVAILABLE } from './receiver.ts';

const PAYMENT = { paymentId: uuidFrom('payment'), orderReference: 'order 1' };
const CREATED = '2026-11-20T12:00:00Z';
const AUTHORIZED = authorization(PAYMENT, { status: 'AUTHORIZED', created: CREATED });
const CAPTURE = management(PAYMENT, { action: 'CAPTURE', actionId: uuidFrom('capture'), created: CREATED });
const APPLICATION = application(
  { applicationId: uuidFrom('application'), orderReference: null },
  { status: 'ACCEPTED', created: CREATED },
);

async function setup(t: TestContext, respond: RespondTo = () => OK, attempts = 20) {
  const resurs = await setUpFakeResurs(t, { attempts });
  const receiver = await startReceiver(t, respond);
  const urls: MapiUrls = { target: `${receiver.origin}/callbacks/mapi`, token: 'a token', form: 'path' };
  return { resurs, urls, requests: receiver.requests };
}

test('each kind is a POST with JSON to its own URL, with order and token', async (t) => {
  const { resurs, urls, requests } = await setup(t);

  const sequence = [AUTHORIZED, CAPTURE, APPLICATION, mapiTest('test')];
  const ended = await resurs.runMapi([sequence], urls);
  await resurs.runMapi([[CAPTURE]], { ...urls, form: 'query', token: null });

  assert.deepEqual(
    requests.map(({ url }) => url.pathname + url.search),
    [
      '/callbacks/mapi/authorization?order=order+1&token=a+token',
      '/callbacks/mapi/management?order=order+1&token=a+token',
      '/callbacks/mapi/credit-application?token=a+token',
      '/callbacks/mapi?param1=simulated&token=a+token',
      '/callbacks/mapi?callback=MANAGEMENT&order=order+1',
    ],
  );
  assert.deepEqual(
    requests.slice(0, 4).map(({ body }) => JSON.parse(body)),
    [
      { paymentId: PAYMENT.paymentId, status: 'AUTHORIZED', created: CREATED },
      { paymentId: PAYMENT.paymentId, action: 'CAPTURE', actionId: uuidFrom('capture'), created: CREATED },
      { applicationId: uuidFrom('application'), status: 'ACCEPTED', created: CREATED },
      {},
    ],
  );
  for (const { method, headers } of requests) {
    assert.deepEqual([method, headers['content-type'], headers.authorization], ['POST', 'application/json', undefined]);
  }
  assert.deepEqual(
    ended.map(({ asExpected }) => asExpected),
    [true, true, true, false],
    'a test is answered `Test OK`',
  );
});

test('a callback is repeated until it is accepted, and one whose response is lost is sent twice', async (t) => {
  const { resurs, urls, requests } = await setup(t, (_, number) => (number < 3 ? UNAVAILABLE : OK));

  const [late] = await resurs.runMapi([[AUTHORIZED]], urls);
  const [lost] = await resurs.runMapi([[{ ...CAPTURE, fault: 'answer_lost' }]], urls);

  assert.deepEqual([late?.tries, late?.kept, late?.status], [3, 1, 204]);
  assert.deepEqual([lost?.tries, lost?.kept, lost?.asExpected], [2, 2, true]);
  assert.equal(new Set(requests.slice(3).map(({ url, body }) => url.href + body)).size, 1);
});

test('a callback that is never accepted ends after the last try, and an expected refusal after three', async (t) => {
  const { resurs, urls } = await setup(t, () => ({ status: 401, phrase: 'Unauthorized.' }), 5);
  const expected = { status: 401, reason: 'Unauthorized.' };

  const [refused] = await resurs.runMapi([[AUTHORIZED]], urls);
  const [stranger] = await resurs.runMapi([[{ ...CAPTURE, fault: 'wrong_token', expected }]], urls);

  assert.deepEqual([refused?.tries, refused?.asExpected], [5, false]);
  assert.deepEqual([stranger?.tries, stranger?.asExpected], [3, true]);
});

test('what a callback reports has happened before it is sent', async (t) => {
  const seen: unknown[] = [];
  const { resurs, urls } = await setup(t, async () => {
    seen.push(await orderOf(resurs));
    return OK;
  });

  await resurs.runMapi([[AUTHORIZED, CAPTURE]], urls);

  assert.deepEqual(seen, [
    { authorizedAmount: 300, capturedAmount: 0 },
    { authorizedAmount: 0, capturedAmount: 300 },
  ]);
});

test('nothing is sent any more after the fake Resurs has stopped', async (t) => {
  const { resurs, urls, requests } = await setup(t, () => UNAVAILABLE);
  await resurs.stop();

  assert.deepEqual(await resurs.runMapi([[AUTHORIZED]], urls), []);
  assert.equal(requests.length, 0);
});

/** Reads the order over HTTP. */
async function orderOf({ mapiUrl, mapiClient }: Awaited<ReturnType<typeof setUpFakeResurs>>) {
  const { clientId, clientSecret } = mapiClient;
  const named = { client_id: clientId, client_secret: clientSecret };
  const form = new URLSearchParams({ ...named, scope: 'merchant-api', grant_type: 'client_credentials' });
  const granted = await fetch(`${mapiUrl}/oauth2/token`, { method: 'POST', body: form });
  const { access_token } = (await granted.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  const response = await fetch(`${mapiUrl}/v2/payments/${PAYMENT.paymentId}`, { headers });
  const { order } = (await response.json()) as { order: Record<string, unknown> };
  return { authorizedAmount: order.authorizedAmount, capturedAmount: order.capturedAmount };
}
