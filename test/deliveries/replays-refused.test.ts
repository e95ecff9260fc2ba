/**
 * Wishes that `POST /replays` refuses. A misspelt filter that was ignored would send far more than was meant, so each
 * of these is a 400 that names the field, and nothing is sent again.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { storePast } from '../harness/seed-events.ts';
import { askReplays, replayedPayments } from '../helpers/replays.ts';
import { startWorld } from '../helpers/service.ts';

async function setup(t: TestContext) {
  const world = await startWorld(t);
  await storePast(world, { count: 2 });
  return world;
}

const REFUSED: readonly [name: string, body: unknown, names: RegExp][] = [
  ['no limit at all', {}, /body\/state is missing; give at least one of state, paymentId and from/],
  ['an end alone', { to: '2999-01-01' }, /body\/state is missing/],
  ['a type alone', { type: 'payment.unfrozen' }, /body\/state is missing/],
  ['a type and an end', { type: 'payment.unfrozen', to: '2999-01-01' }, /body\/state is missing/],
  ['only dryRun', { dryRun: true }, /body\/state is missing/],
  ['an unknown field', { state: 'delivered', payment: 'past-1' }, /additional|unknown|payment/i],
  ['a field in another spelling', { paymentID: 'past-1', state: 'delivered' }, /additional|unknown|paymentID/i],
  ['a state that is unfinished', { state: 'pending' }, /state/],
  ['a state that is only shown', { state: 'held', paymentId: 'past-1' }, /state/],
  ['a state in capitals', { state: 'DELIVERED' }, /state/],
  ['a start that is no date', { from: 'yesterday' }, /from/],
  ['a start that no calendar has', { from: '2026-02-31T25:00:00Z' }, /from/],
  ['a start that February has not', { from: '2026-02-30' }, /from/],
  ['a start as unix time', { from: '1700000000' }, /from/],
  ['an end that is no date', { state: 'delivered', to: '01.12.2026' }, /to/],
  ['an empty start', { from: '' }, /from/],
  ['an empty paymentId', { paymentId: '' }, /paymentId/],
  ['a paymentId that is too long', { paymentId: 'x'.repeat(256) }, /paymentId/],
  ['a paymentId with a NUL', { paymentId: 'a\u0000' }, /paymentId/],
  ['an empty type', { state: 'delivered', type: '' }, /type/],
  ['a list', [{ state: 'delivered' }], /body/],
  ['no JSON', '{"state":', /JSON/i],
  ['an empty body', '', /body/i],
];

test('what cannot be meant is refused with the reason, and nothing is put back', async (t) => {
  const world = await setup(t);

  for (const [name, body, names] of REFUSED) {
    const { status, json } = await askReplays(world, body);

    assert.deepEqual([status, json.error?.code], [400, 'bad_request'], name);
    assert.match(json.error?.message ?? '', names, name);
  }
  assert.deepEqual(await replayedPayments(world), []);
});

test('without the right token nothing is put back', async (t) => {
  const world = await setup(t);
  const ask = (headers: Record<string, string>) =>
    fetch(`${world.service.urls.status}/replays`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"state":"delivered"}',
    });

  const answers = [await ask({}), await ask({ authorization: 'Bearer wrong' })];

  assert.deepEqual(
    answers.map((answer) => answer.status),
    [401, 401],
  );
  assert.deepEqual(await replayedPayments(world), []);
});

test('a date without a zone is UTC, and a date alone is its first instant', async (t) => {
  const world = await setup(t);
  await world.query(`update events set received_at = '2026-03-01T00:00:00Z' where payment_key = 'past-1'`);
  await world.query(`update events set received_at = '2026-03-02T00:00:00Z' where payment_key = 'past-2'`);
  const spans = [
    { from: '2026-03-01', to: '2026-03-02' },
    { from: '2026-03-01T00:00', to: '2026-03-02T00:00:00' },
    { from: '2026-03-01T02:00:00+02:00', to: '2026-03-01T19:00:00-05:00' },
  ];

  const answers = await Promise.all(spans.map((span) => askReplays(world, { ...span, dryRun: true })));

  assert.deepEqual(
    answers.map((answer) => answer.json.count),
    [1, 1, 1],
  );
});
