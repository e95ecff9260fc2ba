/**
 * The sample events of every life are what the real receiver stores and sends for the same callbacks, in any order of
 * arrival. What differs is only what each event has of its own: id, sequence and times.
 */
import assert from 'node:assert/strict';
import { randomUUIDv7 } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { renderPayload } from '../../src/deliveries/payload.ts';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import type { LifeCallback } from '../../src/simulator/life-callback.ts';
import { FACTS, LIFE_NAMES, lifeOf } from '../../src/simulator/lives.ts';
import { isPaymentId, sampleEvents, sampleTarget } from '../../src/simulator/sample-events.ts';
import { SAMPLE_TYPES } from '../../src/simulator/sample-types.ts';
import { SALT, send } from '../helpers/callbacks.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { startTestService, WEBHOOK_SECRET } from '../helpers/service.ts';

const MAPI_TOKEN = 'a-token-of-the-merchant-api-5Tq8';
const NOW = new Date('2026-11-20T12:00:00.000Z');

function samplesOf(callbacks: readonly LifeCallback[], paymentId = 'p-1') {
  return sampleEvents(callbacks, { paymentId, now: NOW, newId: () => randomUUIDv7(), firstSequence: 1 });
}

/** A payload without what each event has of its own. */
function comparable(payload: string): unknown {
  const { id, timestamp, data, ...rest } = JSON.parse(payload);
  const { sequence, receivedAt, verified, ...meaning } = data;
  // A TEST of this test has a digest, because it could not be authenticated without.
  return { ...rest, data: data.callback === 'TEST' ? meaning : { ...meaning, verified } };
}

/** Sends the callbacks to a receiver one after the other; returns what its shop got. */
async function createReceiver(t: TestContext) {
  const merchant = await startMerchant(t);
  const env = {
    WEBHOOK_URL: merchant.url,
    WEBHOOK_SECRET,
    FORWARD_TEST_CALLBACKS: 'true',
    MAPI_CALLBACK_PATHS: '/callbacks/mapi',
    MAPI_CALLBACK_TOKEN: MAPI_TOKEN,
  };
  const { url } = await startTestService(t, { env });
  let payments = 0;

  return async (callbacks: readonly LifeCallback[]) => {
    payments += 1;
    const paymentId = `p-${payments}`;
    const before = merchant.received.length;
    const samples = samplesOf(callbacks, paymentId);
    for (const [index, callback] of callbacks.entries()) {
      // A repeated delivery is no callback.
      if (callbacks.findIndex(({ name }) => name === callback.name) < index) continue;
      const test = callback.callback === 'TEST' ? { param5: `run ${payments}` } : {};
      const varied = { ...callback, parameters: { ...callback.parameters, ...test } };
      const target = sampleTarget(varied, { paymentId, now: NOW });
      const isMapi = varied.provider === 'resurs-mapi';
      const digest = computeDigest('sha1', signedText(varied, paymentId), SALT);
      const body = samples[index]?.body?.toString();
      const method = body === undefined ? 'GET' : 'POST';
      const response = await send(url, `${target}${isMapi ? `&token=${MAPI_TOKEN}` : `&d=${digest}`}`, {
        method,
        ...(body === undefined ? {} : { body }),
      });
      assert.equal(response.status, 204, `${callback.name}: ${response.reason}`);
    }
    const events = [...new Map(samples.map((event) => [event.id, event])).values()];
    const received = await merchant.waitFor(before + events.length);
    return { events, received: received.slice(before) };
  };
}

function signedText({ callback, result, parameters }: LifeCallback, paymentId: string): string {
  if (callback === 'TEST' || callback === 'PASSWORD_EXPIRATION') return Object.values(parameters).join('');
  return `${paymentId}${result ?? ''}`;
}

/** What reconciliation finds makes an event, but no callback: no sender can play it. */
function isCallback({ found }: LifeCallback): boolean {
  return found === undefined;
}

/** The receiver of today does not know a type of tomorrow, and that of this test has no account to read payments with. */
function asHere(callback: LifeCallback): LifeCallback {
  return { ...callback, laterType: null, snapshot: null };
}

test('the samples of each life and of each type are what a receiver sends for the same callbacks', async (t) => {
  const play = await createReceiver(t);
  const types = SAMPLE_TYPES.map(({ callback }) => [callback]);
  const played = [...LIFE_NAMES.map(lifeOf), ...types].map((callbacks) => callbacks.filter(isCallback));

  for (const callbacks of played.filter(({ length }) => length > 0)) {
    const { events, received } = await play(callbacks.map(asHere));

    const expected = events.map((event) => comparable(renderPayload(event, 'test').toString()));
    const label = callbacks.map(({ name }) => name).join(', ');
    assert.deepEqual(received.map(({ body }) => comparable(body)).map(withoutRun), expected.map(withoutRun), label);
  }
});

/** The fifth value of a TEST differs for each run, so that no run repeats another. */
function withoutRun(payload: unknown): unknown {
  return JSON.parse(JSON.stringify(payload), (name, value) => (name === 'param5' ? '' : value));
}

test('in every order of arrival the samples of a life say of the order what a receiver says', async (t) => {
  const play = await createReceiver(t);
  const arrivals = fc
    .constantFrom(...LIFE_NAMES.filter((name) => name !== 'test'))
    .map((name) => lifeOf(name).filter(isCallback))
    .chain((callbacks) => fc.shuffledSubarray(callbacks, { minLength: callbacks.length }));

  await fc.assert(
    fc.asyncProperty(arrivals, async (callbacks) => {
      const { events, received } = await play(callbacks.map(asHere));
      assert.deepEqual(
        received.map(({ body }) => JSON.parse(body)).map(({ type, data }) => ({ type, order: data.order })),
        events.map(({ type, order }) => ({ type, order })),
      );
    }),
    { numRuns: 30 },
  );
});

test('each life ends in the state that its last event says', () => {
  const ends = LIFE_NAMES.map((name) => {
    const order = samplesOf(lifeOf(name))
      .toSorted((a, b) => a.sequence - b.sequence)
      .at(-1)?.order;
    return [name, order === null || order === undefined ? null : `${order.state}${order.certain ? '' : ', uncertain'}`];
  });

  assert.deepEqual(Object.fromEntries(ends), {
    'booked-never-frozen': 'on_hold, uncertain',
    'frozen-unfrozen': 'may_ship',
    'frozen-annulled': 'cancelled',
    'frozen-again': 'may_ship',
    'late-frozen': 'on_hold, uncertain',
    'late-unfrozen': 'cancelled',
    'paid-late-unfrozen': 'paid',
    'partial-debit-credit': 'may_ship, uncertain',
    twice: 'may_ship',
    'unknown-type': 'on_hold, uncertain',
    'missed-annulment': 'cancelled',
    'mapi-authorized': 'may_ship',
    'mapi-frozen-authorized': 'may_ship',
    'mapi-late-frozen': 'on_hold, uncertain',
    'mapi-frozen-rejected': 'cancelled',
    'mapi-captured-refunded': 'paid, uncertain',
    'mapi-cancelled': 'cancelled, uncertain',
    'mapi-application': null,
    test: null,
  });
});

test('each type has its samples, and each kind of change one', () => {
  const shown = SAMPLE_TYPES.map(({ callback }) => {
    const [event] = samplesOf([callback]);
    assert.ok(event !== undefined);
    const { type, data } = JSON.parse(renderPayload(event, 'test').toString());
    return { type, kind: data.change?.kind ?? null };
  });

  assert.deepEqual(
    shown,
    SAMPLE_TYPES.map(({ type, kind }) => ({ type, kind })),
  );
});

test('a repeated delivery is the same event, and events of two runs have nothing in common', () => {
  const [booked, repeated] = samplesOf(lifeOf('twice'));
  const first = samplesOf(lifeOf('twice')).map(({ id }) => id);
  const second = samplesOf(lifeOf('twice')).map(({ id }) => id);

  assert.equal(booked, repeated);
  assert.equal(new Set(first).size, 3);
  assert.equal(new Set([...first, ...second]).size, 6);
});

test('what Resurs holds of a payment decides on the order of a sample, where it was read', () => {
  const payloads = samplesOf([FACTS.mapiFrozen, FACTS.mapiRead, FACTS.mapiNotRead], '1001').map(
    (event) => JSON.parse(renderPayload(event, 'test').toString()).data,
  );

  assert.deepEqual(
    payloads.map(({ payment, paymentError }) => [payment?.state, typeof paymentError]),
    [
      [undefined, 'undefined'],
      ['authorized', 'undefined'],
      [undefined, 'string'],
    ],
  );
  assert.deepEqual(payloads[1].order, { state: 'may_ship', certain: true, earlier: ['frozen'] });
});

test('a payment of the Merchant API has a UUID of its order, and another history than one of eCom', () => {
  const [booked, frozen] = samplesOf([FACTS.booked, FACTS.mapiFrozen], '1001');
  const [again] = samplesOf([FACTS.mapiAuthorized], '1001');
  const [own] = samplesOf([FACTS.mapiAuthorized], '0199A3F0-0000-4000-8000-000000000001');

  assert.deepEqual([booked?.paymentId, booked?.orderReference], ['1001', '1001']);
  assert.match(frozen?.paymentId ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.deepEqual([frozen?.orderReference, frozen?.order?.earlier, again?.paymentId], ['1001', [], frozen?.paymentId]);
  assert.equal(own?.paymentId, '0199a3f0-0000-4000-8000-000000000001');
});

test('only what a callback can carry is a paymentId', () => {
  const ids = ['1001', 'Ö 1/2+3&p=4', '', '..', 'a\nb', 'x'.repeat(256)];

  assert.deepEqual(ids.map(isPaymentId), [true, true, false, false, false, false]);
  assert.equal(samplesOf([...lifeOf('frozen-unfrozen')], 'Ö 1/2+3&p=4')[0]?.paymentId, 'Ö 1/2+3&p=4');
});
