/** The plan of a fault scenario is reproducible: everything random follows from the seed. Pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planLoad } from '../../faults/replicas/load-plan.ts';
import { randomFor } from '../harness/random.ts';

const SIZE = { events: 605, payments: 40, spanMs: 10_000 };

test('the same seed gives the same plan, and another seed a different one', () => {
  assert.deepEqual(planLoad({ ...SIZE, seed: 1 }), planLoad({ ...SIZE, seed: 1 }));
  assert.notDeepEqual(planLoad({ ...SIZE, seed: 1 }), planLoad({ ...SIZE, seed: 2 }));
});

test('a plan has the requested number of callbacks, all different, and those of a payment in the order of time', () => {
  const plan = planLoad({ ...SIZE, seed: 3 });

  const callbacks = plan.flat();
  assert.equal(plan.length, 40);
  assert.equal(callbacks.length, 605);
  assert.equal(new Set(callbacks.map(({ content }) => content)).size, 605);
  for (const payment of plan) {
    const times = payment.map(({ atMs }) => atMs);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    assert.ok((times.at(-1) ?? 0) < SIZE.spanMs);
  }
});

test('one payment in five is of the Merchant API: frozen, authorised, then changed', () => {
  const plan = planLoad({ ...SIZE, seed: 5 });

  const ofMapi = plan.filter(([first]) => first?.provider === 'resurs-mapi');
  assert.equal(ofMapi.length, 8);
  for (const [first, second, ...more] of ofMapi) {
    assert.match(first?.content ?? '', /"status":"FROZEN"/);
    assert.match(second?.content ?? '', /"status":"AUTHORIZED"/);
    for (const { callback } of more) assert.equal(callback, 'MANAGEMENT');
  }
});

test('plans with offsets that are far enough apart share no payment and no slow commit', () => {
  const plans = [0, 1_000].map((offset) => planLoad({ ...SIZE, seed: 6, offset }).flat());

  const payments = plans.flatMap((plan) => [...new Set(plan.map(({ paymentId }) => paymentId))]);
  const slow = plans.flat().flatMap(({ slowId }) => (slowId === null ? [] : [slowId]));
  assert.equal(new Set(payments).size, 80);
  assert.equal(new Set(slow).size, slow.length);
});

test('a slow callback is sent once and followed by one that is not slow', () => {
  const plan = planLoad({ ...SIZE, seed: 4 });

  const slow = plan.flat().filter(({ slowId }) => slowId !== null);
  assert.ok(slow.length > 5);
  assert.equal(new Set(slow.map(({ slowId }) => slowId)).size, slow.length);
  for (const { paymentId, number, repeat } of slow) {
    const next = plan.flat().find((callback) => callback.paymentId === paymentId && callback.number === number + 1);
    assert.equal(next?.slowId, null);
    assert.equal(repeat, 'none');
  }
});

test('random streams are evenly distributed, and independent by name', () => {
  const draws = Array.from({ length: 10_000 }, randomFor(7, 'one'));
  const others = Array.from({ length: 10_000 }, randomFor(7, 'two'));

  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  assert.ok(draws.every((draw) => draw >= 0 && draw < 1));
  assert.ok(Math.abs(mean - 0.5) < 0.02);
  assert.notDeepEqual(draws, others);
});
