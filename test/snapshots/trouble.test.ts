/**
 * Whatever Resurs does, an event has its answer within 60 s: its payment, or one line that says why there is none, and
 * names no customer. Real HTTP; time passes only by waiting.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { respondJson as json } from '../harness/merchant-api.ts';
import { respondWith, respondXml } from '../helpers/fake-account.ts';
import { CUSTOMER_WORDS, faultResponse } from '../resurs/payment-responses.ts';
import { eventOf, setupReader } from './reader-setup.ts';
import { UNKNOWN } from './snapshots.ts';

/** Words of a refusal that name the customer. */
const NAMED = CUSTOMER_WORDS.join(' ');

test('a payment that Resurs does not know yet is asked for again, three times in all', async (t) => {
  const { mapi, time, read } = await setupReader(t);

  const snapshot = await read('resurs-mapi', randomUUID());

  assert.deepEqual(snapshot, { payment: null, paymentError: 'Resurs does not know the payment.' });
  assert.equal(mapi.count('/v2/payments/'), 3);
  assert.equal(time.ms, 30_000);
});

test('a payment that is known at the second try is sent', async (t) => {
  const { ecom, mapi, time, read } = await setupReader(t);
  const id = randomUUID();
  mapi.override('/v2/payments/', (_request, response) => {
    mapi.hold(id);
    mapi.override('/v2/payments/', null);
    json(response, 404, { code: 'PAYMENT_NOT_FOUND' });
  });
  ecom.answerWith((response) => {
    ecom.answerWith(null);
    UNKNOWN(response);
  });

  const snapshots = [await read('resurs-mapi', id), await read('resurs-ecom', 'p-1')];

  assert.deepEqual(
    snapshots.map(({ payment }) => payment?.state),
    ['authorized', 'authorized'],
  );
  assert.equal(time.ms, 20_000);
});

for (const [name, respond, tries, error] of [
  ['a server error', respondXml(500, faultResponse(3, NAMED)), 3, 'Resurs refused to tell (HTTP 500, code 3).'],
  [
    'a web page',
    respondWith(200, 'text/html', `<html>${NAMED}</html>`),
    3,
    'The answer of Resurs could not be read (HTTP 200).',
  ],
  [
    'half a response',
    respondXml(200, `<soap:Envelope xmlns:soap="x">${NAMED}`),
    3,
    'The answer of Resurs could not be read (HTTP 200).',
  ],
  [
    'credentials that are not accepted',
    respondWith(401, 'text/html', NAMED),
    1,
    'Resurs does not accept the credentials (HTTP 401).',
  ],
  [
    'a payment that may not be read',
    respondXml(500, faultResponse(4, NAMED)),
    1,
    'Resurs refused to tell (HTTP 500, code 4).',
  ],
  ['too many requests', respondWith(429, 'text/plain', NAMED), 3, 'Resurs asked to wait (HTTP 429).'],
] as const) {
  test(`eCom: ${name} is one line in the event, after ${tries} tries`, async (t) => {
    const { ecom, lines, time, read } = await setupReader(t);
    ecom.answerWith(respond);

    const snapshot = await read('resurs-ecom', 'p-1');

    assert.deepEqual(snapshot, { payment: null, paymentError: error });
    assert.equal(ecom.requests.length, tries);
    assert.ok(time.ms <= 60_000, `${time.ms} ms`);
    assert.deepEqual([lines.length, lines[0]?.event, lines[0]?.reason], [1, 'snapshot.not_read', error]);
    for (const word of CUSTOMER_WORDS) assert.ok(!JSON.stringify([snapshot, lines]).includes(word), word);
  });
}

for (const [name, status, body, headers, tries, error] of [
  ['a server error', 503, { code: 'DOWN', message: NAMED }, {}, 3, 'Resurs refused to tell (HTTP 503, code DOWN).'],
  ['a bad request', 400, { code: '8305147715', message: NAMED }, {}, 1, 'Resurs refused to tell (HTTP 400).'],
  [
    'a token that is never accepted',
    401,
    { message: NAMED },
    {},
    1,
    'Resurs does not accept the credentials (HTTP 401).',
  ],
  ['a short wait', 429, { message: NAMED }, { 'retry-after': '2' }, 3, 'Resurs asked to wait (HTTP 429).'],
  ['a long wait', 429, { message: NAMED }, { 'retry-after': '90' }, 1, 'Resurs asked to wait (HTTP 429).'],
] as const) {
  test(`Merchant API: ${name} is one line in the event, after ${tries} tries`, async (t) => {
    const { mapi, lines, time, read } = await setupReader(t);
    let requests = 0;
    mapi.override('/v2/payments/', (_request, response) => {
      requests += 1;
      json(response, status, body, headers);
    });

    const snapshot = await read('resurs-mapi', randomUUID());

    assert.deepEqual(snapshot, { payment: null, paymentError: error });
    // With another token once more.
    assert.equal(requests, status === 401 ? 2 : tries);
    assert.ok(time.ms <= 60_000, `${time.ms} ms`);
    for (const word of CUSTOMER_WORDS) assert.ok(!JSON.stringify([snapshot, lines]).includes(word), word);
  });
}

test('a connection that Resurs has closed meanwhile is no failure: the payment is asked for once more at once', async (t) => {
  const { ecom, time, read } = await setupReader(t);
  const used = new Set<unknown>();
  let closed = 0;
  ecom.answerWith((response) => {
    if (!used.has(response.socket)) {
      used.add(response.socket);
      return ecom.answerKnown(response);
    }
    closed += 1;
    response.destroy();
  });

  const states: unknown[] = [];
  for (let n = 0; n < 10; n += 1) states.push((await read('resurs-ecom', `p-${n}`)).payment?.state);

  assert.deepEqual(states, Array(10).fill('authorized'));
  assert.ok(closed > 0);
  assert.deepEqual([ecom.requests.length, time.ms], [10 + closed, 0]);
});

test('after five failures in a row nothing is asked for 60 s, of this interface alone', async (t) => {
  const { ecom, mapi, lines, outcomes, time, read } = await setupReader(t);
  ecom.answerWith((response) => void response.destroy());
  await read('resurs-ecom', 'p-1');
  await read('resurs-ecom', 'p-2');
  const [asked, startedAtMs] = [ecom.requests.length, time.ms];

  const paused = await read('resurs-ecom', 'p-3');
  const id = randomUUID();
  mapi.hold(id);
  const other = await read('resurs-mapi', id);
  const tookMs = time.ms - startedAtMs;
  time.ms += 60_000;
  ecom.answerWith(null);
  const again = await read('resurs-ecom', 'p-4');

  assert.equal(asked, 5);
  assert.match(JSON.stringify(paused), /Resurs was not asked, because it failed too often before/);
  assert.deepEqual([other.payment?.state, tookMs], ['authorized', 0]);
  assert.equal(again.payment?.state, 'authorized');
  assert.deepEqual(outcomes, [
    'resurs-ecom failed',
    'resurs-ecom failed',
    'resurs-ecom paused',
    'resurs-mapi read',
    'resurs-ecom read',
  ]);
  assert.deepEqual(
    lines.map(({ event, provider }) => [event, provider]),
    [
      ['snapshot.not_read', 'resurs-ecom'],
      ['snapshot.read_again', 'resurs-ecom'],
    ],
  );
});

test('after the pause one read decides, and the others wait for what it finds', async (t) => {
  const { ecom, time, read } = await setupReader(t);
  ecom.answerWith((response) => void response.destroy());
  await read('resurs-ecom', 'p-1');
  await read('resurs-ecom', 'p-2');
  time.ms += 60_000;
  const asked = ecom.requests.length;

  const again = await Promise.all(['p-3', 'p-4', 'p-5'].map((paymentId) => read('resurs-ecom', paymentId)));

  assert.equal(ecom.requests.length - asked, 1);
  assert.deepEqual(
    again.map(({ payment }) => payment),
    [null, null, null],
  );
});

test('without the account of its interface, an event says at once which settings are missing', async (t) => {
  const { ecom, time, read } = await setupReader(t, { RESURS_USERNAME: '', RESURS_PASSWORD: '' });

  const snapshot = await read('resurs-ecom', 'p-1');

  assert.deepEqual(snapshot, {
    payment: null,
    paymentError: 'Resurs was not asked: RESURS_USERNAME and RESURS_PASSWORD are not set.',
  });
  assert.deepEqual([ecom.requests.length, time.ms], [0, 0]);
});

test('Resurs is asked for eight payments at a time, and beyond 128 that wait the others go out at once', async (t) => {
  const { mapi, outcomes, reader, time } = await setupReader(t);
  let open = 0;
  const { promise: eight, resolve } = Promise.withResolvers<void>();
  mapi.override('/v2/payments/', () => {
    open += 1;
    if (open === 8) resolve();
  });
  const ending = new AbortController();
  const events = Array.from({ length: 140 }, () => eventOf('resurs-mapi', randomUUID()));
  const atFirst = reader.room();

  const reads = events.map((event) => reader.read(event, ending.signal));
  await eight;
  const crowded = await Promise.all(reads.slice(136));
  const whileFresh = reader.room();
  time.ms += 10_001;
  const whileSlow = reader.room();
  ending.abort();
  const ended = await Promise.all(reads.slice(0, 136));

  assert.equal(new Set(crowded.map((one) => JSON.stringify(one))).size, 1);
  assert.match(JSON.stringify(crowded[0]), /Too many events waited for Resurs/);
  assert.deepEqual(outcomes, Array(4).fill('resurs-mapi crowded'));
  assert.deepEqual([atFirst, whileFresh, whileSlow], [128, 0, 128]);
  assert.ok(ended.every((snapshot) => snapshot === null));
  assert.equal(open, 8);
});
