/**
 * Requests that `POST /replays` refuses. An ignored misspelt filter would replay far more than intended, so each of
 * these is a 400 that names the field, and nothing is replayed.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { seedEvents } from '../harness/seed-events.ts';
import { postReplays, replayedPayments } from '../helpers/replays.ts';
import { startTestService } from '../helpers/service.ts';

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 2 });
  return receiver;
}

const EVENT = 'evt_01234567-89ab-7cde-8f01-23456789abcd';

const REFUSED: readonly [name: string, body: unknown, names: RegExp][] = [
  ['no filter at all', {}, /^body must have at least one of state, paymentId, orderReference, from, ids$/],
  [
    'an end alone',
    { to: '2999-01-01' },
    /^body must have at least one of state, paymentId, orderReference, from, ids$/,
  ],
  [
    'a type alone',
    { type: 'payment.unfrozen' },
    /^body must have at least one of state, paymentId, orderReference, from, ids$/,
  ],
  [
    'a type and an end',
    { type: 'payment.unfrozen', to: '2999-01-01' },
    /^body must have at least one of state, paymentId, orderReference, from, ids$/,
  ],
  [
    'a provider alone',
    { provider: 'resurs-mapi' },
    /^body must have at least one of state, paymentId, orderReference, from, ids$/,
  ],
  [
    'another provider',
    { state: 'delivered', provider: 'other' },
    /^body\/provider must be equal to one of the allowed values$/,
  ],
  ['only dryRun', { dryRun: true }, /^body must have at least one of state, paymentId, orderReference, from, ids$/],
  ['an unknown field', { state: 'delivered', payment: 'past-1' }, /additional|unknown|payment/i],
  ['a field with the name of a method', { state: 'delivered', toString: 'x' }, /additional/],
  ['a field in another spelling', { paymentID: 'past-1', state: 'delivered' }, /additional|unknown|paymentID/i],
  ['a state that is unfinished', { state: 'pending' }, /state/],
  ['a state that is only shown', { state: 'held', paymentId: 'past-1' }, /state/],
  ['a state in capitals', { state: 'DELIVERED' }, /state/],
  ['a start that is not a date', { from: 'yesterday' }, /from/],
  ['a start that no calendar contains', { from: '2026-02-31T25:00:00Z' }, /from/],
  ['a start beyond the end of February', { from: '2026-02-30' }, /from/],
  ['a start as unix time', { from: '1700000000' }, /from/],
  ['an end that is not a date', { state: 'delivered', to: '01.12.2026' }, /to/],
  ['a start before the year 0', { from: '0000-01-01T00:00:00+01:00' }, /from/],
  ['an end after the year 9999', { state: 'delivered', to: '9999-12-31T23:30:00-01:00' }, /to/],
  ['an empty start', { from: '' }, /from/],
  ['an empty paymentId', { paymentId: '' }, /paymentId/],
  ['a paymentId that is too long', { paymentId: 'x'.repeat(256) }, /paymentId/],
  ['a paymentId with a NUL', { paymentId: 'a\u0000' }, /paymentId/],
  ['an empty type', { state: 'delivered', type: '' }, /type/],
  ['no ids', { ids: [] }, /ids/],
  ['ids that are one text', { ids: EVENT }, /^body\/ids must be array of strings$/],
  ['an id that is a number', { ids: [7] }, /^body\/ids must be array of strings$/],
  ['an id that is nothing', { ids: [EVENT, null] }, /^body\/ids must be array of strings$/],
  ['an id without evt_', { ids: [EVENT, EVENT.slice(4)] }, /^body\/ids has one that is no id of an event/],
  ['an id in capitals', { ids: [EVENT.toUpperCase()] }, /^body\/ids has one/],
  ['an id with a quote', { ids: [`${EVENT.slice(0, -1)}'`] }, /^body\/ids has one/],
  ['an id with a NUL', { ids: [`${EVENT}\u0000`] }, /^body\/ids has one/],
  ['a very long id', { ids: ['x'.repeat(65)] }, /ids/],
  ['too many ids', { ids: Array.from({ length: 1_001 }, () => EVENT) }, /ids/],
  ['a reason alone', { reason: '503' }, /^body must have at least one of/],
  ['an unknown reason', { state: 'dead_letter', reason: 'bored' }, /^body\/reason is none of accepted, refused/],
  ['a reason that is a number', { state: 'dead_letter', reason: 503 }, /^body\/reason must be string$/],
  ['an expected that is a text', { state: 'delivered', expected: '7' }, /^body\/expected must be number$/],
  ['an expected below zero', { state: 'delivered', expected: -1 }, /expected/],
  ['an expected with a fraction', { state: 'delivered', expected: 0.5 }, /expected/],
  ['a list', [{ state: 'delivered' }], /body/],
  ['no JSON', '{"state":', /JSON/i],
  ['an empty body', '', /body/i],
];

test('a request with an invalid filter is refused with the reason, and nothing is replayed', async (t) => {
  const receiver = await setup(t);

  for (const [name, body, names] of REFUSED) {
    const { status, json } = await postReplays(receiver, body);

    assert.deepEqual([status, json.error?.code], [400, 'bad_request'], name);
    assert.match(json.error?.message ?? '', names, name);
  }
  assert.deepEqual(await replayedPayments(receiver), []);
});

test('without the right token nothing is replayed', async (t) => {
  const receiver = await setup(t);
  const post = (headers: Record<string, string>) =>
    fetch(`${receiver.service.urls.status}/replays`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"state":"delivered"}',
    });

  const responses = [await post({}), await post({ authorization: 'Bearer wrong' })];

  assert.deepEqual(
    responses.map((response) => response.status),
    [401, 401],
  );
  assert.deepEqual(await replayedPayments(receiver), []);
});
