/**
 * docs/delivery.md says of each event what the receiver does: its sample is a payload as it is rendered, its tables have every
 * type and every state, and the table of transitions is the one of the code.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { test } from 'node:test';
import { renderPayload } from '../../src/deliveries/payload.ts';
import type { StoredEvent } from '../../src/events/event.ts';
import { RECONCILED_TYPE } from '../../src/events/missed.ts';
import { FACT_TYPES, isFact, ORDER_STATES, type Transition, transitionsOf } from '../../src/events/order-state.ts';

const page = await readFile(path.join(import.meta.dirname, '..', '..', 'docs', 'delivery.md'), 'utf8');

/** The text below a heading, up to the next one. */
function section(heading: string): string {
  const [, after] = page.split(`\n${heading}\n`);
  assert.ok(after !== undefined, `the page has ${heading}`);
  return after.split(/^#+ /m)[0] ?? '';
}

/** The rows of the section's first table, without its head. */
function rows(heading: string): string[][] {
  const [table = ''] = /(?:^\|.*\n)+/m.exec(section(heading)) ?? [];
  const [, , ...lines] = table.trim().split('\n');
  assert.ok(lines.length > 0, `${heading} has a table`);
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const PROVEN = { digest: true, result: true, basicAuth: false, source: false };

function transitions(type: string) {
  const found = transitionsOf({ type, callback: 'ANY', paymentId: '100000016', verified: PROVEN });
  assert.ok(found !== null, type);
  return found;
}

function cell({ state, certain }: Transition): string {
  if (certain === null) return 'stays';
  return certain ? `\`${state}\`` : `\`${state}\` ?`;
}

test('the table of transitions is the one of the code', () => {
  const given = rows('### What an event means for the order');

  for (const [names = '', ...cells] of given) {
    for (const name of names.split(', ')) {
      const found = transitions(`payment.${name}`);
      const expected = (['none', ...ORDER_STATES] as const).map((before) => cell(found[before]));
      assert.deepEqual(cells, expected, name);
    }
  }
  const named = given.flatMap(([names = '']) => names.split(', '));
  assert.deepEqual(named.filter(isFact).toSorted(), Object.keys(FACT_TYPES).toSorted());
  assert.deepEqual(
    named.filter((name) => !isFact(name)),
    ['inspection', 'credit_approved', 'other'],
  );
});

test('the table of states has every state, and those of shops beside it', () => {
  const states = rows('## May the order be shipped?').map(([state = '', , , , woo = '']) => [state, woo]);

  assert.deepEqual(states, [
    ['`on_hold`', '`on-hold`'],
    ['`may_ship`', '`processing`'],
    ['`paid`', '`completed`'],
    ['`cancelled`', '`cancelled`'],
    ['`refunded`', '`refunded`'],
  ]);
});

test('the table of event types says what the first event of a payment means', () => {
  const answers = { on_hold: ['no', 'no'], may_ship: ['yes', 'no'], paid: ['yes', 'yes'], cancelled: ['no', 'no'] };

  for (const [type = '', , mayShip, isPaid] of rows('## Event types')) {
    if (!type.startsWith('`payment.')) {
      assert.equal(mayShip, '–', type);
      continue;
    }
    if (type.includes(RECONCILED_TYPE)) {
      assert.deepEqual([mayShip, isPaid], ['by `data.order`', 'by `data.order`']);
      continue;
    }
    const { state, certain } = transitions(type.replaceAll('`', '')).none;
    const [shipped, paid] = answers[state];
    assert.deepEqual(mayShip, certain === false ? 'ask' : shipped, type);
    assert.ok(isPaid === paid || isPaid === 'ask', type);
  }
});

test('the sample of the page is a payload as it is rendered', () => {
  const [, sample = ''] = /```json\n([\s\S]*?)```/.exec(section('## The request')) ?? [];
  const receivedAt = new Date('2026-11-20T12:00:00.000Z');
  const event: StoredEvent = {
    id: '019aa0f2-3c00-7d1f-8a34-6a5f0c9e2b71',
    sequence: 4711,
    provider: 'resurs-ecom',
    paymentId: '100000016',
    orderReference: '100000016',
    callback: 'UNFREEZE',
    type: 'payment.unfrozen',
    result: null,
    method: 'GET',
    parameters: {},
    body: null,
    registeredAt: new Date('2026-11-01T08:00:00.000Z'),
    receivedAt,
    verified: PROVEN,
    order: { state: 'may_ship', certain: true, earlier: ['booked', 'frozen'] },
    snapshot: null,
    missed: null,
    erasedAt: null,
  };

  assert.equal(JSON.stringify(JSON.parse(sample)), renderPayload(event, 'production').toString());
});
