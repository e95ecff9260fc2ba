/**
 * The command `simulate --to`: signed sample events for a shop's endpoint, without receiver and database. The shop is a
 * real HTTP server, and the package `standardwebhooks` verifies what it gets.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { LIFE_NAMES, type LifeName, lifeOf } from '../../src/simulator/lives.ts';
import { SAMPLE_TYPES, sampleNames } from '../../src/simulator/sample-types.ts';
import type { Received } from '../helpers/merchant.ts';
import { runCommand } from '../helpers/run-command.ts';
import { ENV, idsOf, refuse, startShop, verified } from './sample-shop.ts';

test('a shop gets each life with right signatures, one payment a life, repeats as they are, and all of it new in each run', async (t) => {
  const { shop, run } = await startShop(t);

  const first = await run(['--life', 'all']);
  const requests = [...shop.received];
  const second = await run(['--life', 'all']);

  assert.deepEqual([first.exitCode, first.errors, second.exitCode], [0, '', 0], first.out);
  let at = 0;
  const payments = LIFE_NAMES.map((name) => {
    const life = requests.slice(at, at + lifeOf(name).length);
    at += life.length;
    return paymentOfLife(name, life);
  });
  assert.equal(at, requests.length);
  const named = payments.filter((payment) => payment !== null);
  assert.equal(
    new Set(named).size,
    LIFE_NAMES.length - 2,
    'each life has a payment, but for the test and the application',
  );
  const again = shop.received.slice(requests.length);
  assert.equal(new Set([...idsOf(requests), ...idsOf(again)]).size, 2 * idsOf(requests).length);
  assert.match(first.out, /^twice, payment \d+$/m);
  assert.match(first.out, new RegExp(`Right answers: ${requests.length} of ${requests.length}\\.`));
});

/** Checks the requests of a life, and returns its payment. */
function paymentOfLife(name: LifeName, requests: readonly Received[]): string | null {
  const payloads = requests.map((request) => verified(request));
  const planned = lifeOf(name).map((callback) => callback.name);
  for (const [index, { id, attempt, body }] of requests.entries()) {
    const first = planned.indexOf(planned[index] ?? '');
    const earlier = planned.slice(0, index).filter((other) => other === planned[index]).length;
    assert.deepEqual(
      { id, attempt, body },
      { id: requests[first]?.id, attempt: earlier + 1, body: requests[first]?.body },
    );
    assert.deepEqual([payloads[index]?.id, payloads[index]?.environment], [id, 'test']);
  }
  const sequences = [...new Set(payloads.map(({ data }) => data.sequence))];
  assert.equal(sequences.length, idsOf(requests).length);
  assert.deepEqual(
    sequences,
    sequences.toSorted((a, b) => a - b),
  );
  const [payment = null, ...others] = new Set(payloads.map(({ data }) => data.paymentId));
  assert.deepEqual(others, [], `${name} is about one payment`);
  return payment;
}

test('the end of each life says what the order should be, after the event that was stored last', async (t) => {
  const { run } = await startShop(t);
  const states = {
    'late-frozen': 'on_hold, not certain; earlier: booked, unfrozen. Ask Resurs before',
    'late-unfrozen': 'cancelled, certain; earlier: booked, annulled. It is cancelled',
    'partial-debit-credit': 'may_ship, not certain; earlier: booked, unfrozen, updated. Ask Resurs before',
    twice: 'may_ship, certain; earlier: booked, frozen. It may be shipped.',
    test: null,
  };

  for (const [name, state] of Object.entries(states)) {
    const { out } = await run(['--life', name]);
    const expected = state === null ? 'No order is concerned.' : `The order should be: ${state}`;
    assert.ok(out.includes(expected), out);
  }
});

test('an order that an update may have changed is not simply to be shipped', async (t) => {
  const { run } = await startShop(t);

  const { out } = await run(['--event', 'payment.updated:debit,payment.unfrozen']);

  assert.match(out, /may_ship, not certain; earlier: updated\. Ask Resurs before shipping/);
});

test('each sample can be sent by its type or its own name, and payment.updated as a whole or one kind of it', async (t) => {
  const { shop, run } = await startShop(t);
  const names = [...new Set(SAMPLE_TYPES.map((sample) => sampleNames(sample)[0]))];

  const all = await run(names.flatMap((name) => ['--event', name]));
  const one = await run(['--event', 'payment.updated:credit']);

  assert.deepEqual([all.exitCode, one.exitCode], [0, 0]);
  const sent = shop.received
    .map((request) => verified(request))
    .map(({ type, data }) => ({ type, kind: data.change?.kind ?? null }));
  const expected = SAMPLE_TYPES.map(({ type, kind }) => ({ type, kind }));
  assert.deepEqual(sent, [...expected, { type: 'payment.updated', kind: 'credit' }]);
  assert.match(one.out, /✓ payment\.updated \(credit\) +evt_/);
});

test('events of --event are the story of one payment, in their order and over several runs', async (t) => {
  const { shop, run } = await startShop(t);

  await run(['--event', 'payment.frozen,payment.unfrozen,payment.frozen,payment.frozen', '--payment', '1001']);
  await run([
    '--event',
    'payment.annulled',
    '--life',
    'frozen-unfrozen',
    '--payment',
    '1001',
    '--environment',
    'production',
  ]);

  const events = shop.received.map((request) => verified(request));
  const shown = events.map(
    ({ type, data: { paymentId, order } }) => `${paymentId} ${type}: ${order?.state} ${order?.certain}`,
  );
  assert.deepEqual(shown, [
    '1001 payment.frozen: on_hold true',
    '1001 payment.unfrozen: may_ship true',
    '1001 payment.frozen: on_hold false',
    '1001 payment.frozen: on_hold false',
    '1001 payment.annulled: cancelled true',
    '1002 payment.booked: on_hold false',
    '1002 payment.frozen: on_hold true',
    '1002 payment.unfrozen: may_ship true',
  ]);
  // The opposite was reported before the second, but not before the third.
  assert.deepEqual(
    shop.received.slice(0, 4).map(({ attempt }) => attempt),
    [1, 1, 1, 2],
  );
  assert.equal(idsOf(shop.received).length, 7);
  const sequences = [...new Set(events.map(({ data }) => data.sequence))];
  assert.deepEqual(
    sequences,
    sequences.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    events.map(({ environment }) => environment),
    [...Array(4).fill('test'), ...Array(4).fill('production')],
  );
});

test('--json prints exactly one document, for a program that decides', async (t) => {
  const { shop, run } = await startShop(t, refuse('payment.frozen', 500));

  const { exitCode, out } = await run(['--life', 'late-frozen', '--payment', '9001', '--json']);

  const { requests, ...rest } = JSON.parse(out);
  assert.equal(exitCode, 1);
  const order = { state: 'on_hold', certain: false, earlier: ['booked', 'unfrozen'] };
  const orders = [{ life: 'late-frozen', paymentId: '9001', order }];
  assert.deepEqual(rest, { target: shop.url, environment: 'test', asExpected: false, orders });
  assert.deepEqual(
    requests.map((request: { id: string; next: string; asExpected: boolean }) => [
      request.id,
      request.next,
      request.asExpected,
    ]),
    shop.received.map(({ id }, index) => [id, index === 2 ? 'pending' : 'delivered', index !== 2]),
  );
  assert.deepEqual([requests[2].status, requests[2].nextAfterMs, typeof requests[2].fix], [500, 5000, 'string']);
});

test('Ctrl-C ends it with exit code 1 and says how many events were sent', async (t) => {
  const stop = new AbortController();
  const { shop } = await startShop(t, (request, response) => {
    if (JSON.parse(request.body).type === 'payment.frozen') stop.abort();
    else response.writeHead(204).end();
  });

  const { exitCode, out } = await runCommand(simulate, ['--to', shop.url, '--life', 'frozen-unfrozen,test'], ENV, {
    stop: stop.signal,
  });

  assert.equal(exitCode, 1);
  assert.match(out, /Stopped: 1 of 4 events were sent\./);
  assert.equal(shop.received.length, 2);
});
