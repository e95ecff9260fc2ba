/**
 * Texts that Postgres cannot keep as they are (NUL, lone surrogates, bytes that are no UTF-8) wherever a sender may put
 * them: a callback with a right digest is stored and delivered, any other is refused, and none is answered 500.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { type RawResponse, SALT, send, target } from '../helpers/callbacks.ts';
import { waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startTestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const TEXTS = {
  NUL: '%00',
  'a lone surrogate': '%ED%A0%80',
  'a surrogate pair as bytes': '%ED%A0%BD%ED%B8%80',
  'bytes that are no UTF-8': '%FF%FE%C3',
  'an overlong NUL': '%C0%80',
  'a byte order mark': '%EF%BB%BF',
  'noncharacters and the last code point': '%EF%BF%BF%F4%8F%BF%BF',
  'control characters': '%01%1B%7F%C2%85',
  'a backslash escape': '%5Cu0000%5C000',
};

/** Where a sender may put a text beside what the digest proves; `payment` is a payment of its own. */
const PLACES: Readonly<Record<string, (text: string, payment: string) => string>> = {
  'a parameter': (text, payment) => target('UNFREEZE', payment, { extra: `&x=${text}` }),
  'the name of a parameter': (text, payment) => target('UNFREEZE', payment, { extra: `&${text}=1` }),
  'the result': (text, payment) => target('UNFREEZE', payment, { extra: `&r=${text}` }),
  'the result of a type that is not known': (text, payment) => target('NEW_TYPE', payment, { extra: `&r=${text}` }),
  'a parameter of a type that is not known': (text, payment) => target('NEW_TYPE', payment, { extra: `&x=${text}` }),
  'the time of registration': (text, payment) => target('ANNULMENT', payment, { extra: `&t=1${text}` }),
};

async function setup(t: TestContext) {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  return { merchant, receiver };
}

test('a callback is stored and delivered, whatever text is in its parameters, their names, its result or its time', async (t) => {
  const { receiver, merchant } = await setup(t);
  const cases = Object.entries(PLACES).flatMap(([place, targetOf]) =>
    Object.entries(TEXTS).map(([what, text]) => ({ name: `${what} in ${place}`, targetOf, text })),
  );

  const refused = await Promise.all(
    cases.map(async ({ name, targetOf, text }, index) => {
      const { status } = await send(receiver.url, targetOf(text, `p-${index}`));
      return status === 204 ? [] : [`${name}: ${status}`];
    }),
  );

  assert.deepEqual(refused.flat(), []);
  await waitForStates(receiver, ['delivered'], cases.length);
  assert.equal(merchant.received.length, cases.length);
});

test('a callback whose payment, type or digest is such a text is refused or stored, and never answered 500', async (t) => {
  const { receiver } = await setup(t);
  const digest = '0'.repeat(40);
  const sent: Promise<RawResponse>[] = [];
  for (const text of Object.values(TEXTS)) {
    const decoded = Buffer.from(unescape(text), 'latin1');
    const right = computeDigest('sha1', decoded.toString('utf8'), SALT);
    const targets = [
      `?c=UNFREEZE&p=${text}&d=${right}`,
      `?c=UNFREEZE&p=${text}&d=${digest}`,
      `?c=${text}&p=1&d=${digest}`,
      `?c=UNFREEZE&p=1&d=${text}`,
      `?c=AUTOMATIC_FRAUD_CONTROL&p=1&r=${text}&d=${digest}`,
      `?c=TEST&param1=${text}&param2=${text}`,
      `?c=TEST&param1=${text}&d=${text}`,
      `/unfreeze/paymentId/${text}/digest/${right}`,
      `/unfreeze/paymentId/1/digest/${text}`,
      `/test/param1/${text}`,
      `/${text}`,
      `?${text}`,
    ];
    for (const query of targets) {
      sent.push(send(receiver.url, `/callbacks/resurs${query}`));
      sent.push(send(receiver.url, `/callbacks/resurs${query}`, { method: 'POST', body: decoded }));
    }
  }

  const statuses = new Set((await Promise.all(sent)).map(({ status }) => status));

  assert.deepEqual(
    [...statuses].filter((status) => ![204, 400, 404, 406].includes(status)),
    [],
  );
  assert.ok(statuses.has(204));
});

const BODIES = ['\0', '{"a":"\\u0000"}', '{"a":"\\ud800"}', '"\\udc00\\ud800"', '\ufeff{"a":1}', '{"\\u0000":1}'];

test('a callback is stored and delivered, whatever its body, content type and headers are', async (t) => {
  const { receiver, merchant } = await setup(t);
  const bodies = [
    ...BODIES.map((text) => Buffer.from(text)),
    Buffer.from([0xff, 0, 0xc3]),
    Buffer.from('\ud800x', 'utf16le'),
  ];

  const responses = bodies.map((body, index) => {
    const headers = {
      'content-type': 'application/json; charset=\u00ff',
      'x-forwarded-for': '\u00e5, 1',
      'user-agent': '\u0080',
    };
    return send(receiver.url, target('UPDATE', `p-${index}`), { method: 'POST', body, headers });
  });
  const statuses = (await Promise.all(responses)).map(({ status }) => status);

  assert.deepEqual(
    statuses,
    bodies.map(() => 204),
  );
  await waitForStates(receiver, ['delivered'], bodies.length);
  assert.equal(merchant.received.length, bodies.length);
});

test('an authenticated TEST is stored, whatever text is in its values', async (t) => {
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url, {
    FORWARD_TEST_CALLBACKS: 'true',
    DIGEST_SALT: '',
    ALLOW_UNAUTHENTICATED: 'true',
  });
  const receiver = await startTestService(t, { env });

  const responses = Object.values(TEXTS).map((text) =>
    send(receiver.url, `/callbacks/resurs?c=TEST&param1=${text}&r=${text}`),
  );
  const statuses = (await Promise.all(responses)).map(({ status }) => status);

  assert.deepEqual(
    statuses,
    Object.values(TEXTS).map(() => 204),
  );
  const { length } = await receiver.query('select 1 from events');
  await waitForStates(receiver, ['delivered'], length);
});

test('the status API answers a request with such a text without 500', async (t) => {
  const { receiver } = await setup(t);
  const requests = Object.values(TEXTS).flatMap((text) => [
    requestStatusApi(receiver, 'GET', `/payments/${text}`),
    requestStatusApi(receiver, 'GET', `/events?paymentId=${text}`),
    requestStatusApi(receiver, 'GET', `/events?type=${text}`),
    requestStatusApi(receiver, 'GET', `/events?callback=${text}`),
    requestStatusApi(receiver, 'PUT', `/orders/${text}`),
    requestStatusApi(receiver, 'GET', `/orders/${text}`),
    requestStatusApi(receiver, 'DELETE', `/orders/${text}`),
  ]);

  for (const { status, body } of await Promise.all(requests)) assert.ok(status < 500, `${status} ${body}`);
});
