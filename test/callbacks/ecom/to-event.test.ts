/**
 * The event of an accepted callback: the type the merchant sees, and everything that was received. Merchants program
 * against these types, so each row of the contract's table is a test. Pure functions from URL to event.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ReceivedCallback, toEvent } from '../../../src/callbacks/ecom/to-event.ts';
import type { NewEvent } from '../../../src/events/event.ts';
import { parseTarget } from '../../helpers/parse.ts';

const WINDOW_MS = 31 * 86_400_000;
const VERIFIED = { digest: true, result: true, basicAuth: false, source: false };

function event(query: string, changes: Partial<Omit<ReceivedCallback, 'callback'>> = {}): NewEvent {
  const parsed = parseTarget(`/cb?${query}`, '/cb');
  const callback = parsed.outcome === 'parsed' ? parsed.callback : assert.fail(JSON.stringify(parsed));
  return toEvent({ callback, body: null, method: 'GET', verified: VERIFIED, ...changes }, WINDOW_MS);
}

test('an event contains everything received except the digest', () => {
  const body = Buffer.from('{"paymentDiff":{"type":"DEBIT"}}');

  const stored = event('c=update&t=1793520000&p=100000016&d=AB&digest=CD&env=test&__proto__=x', {
    body,
    method: 'POST',
  });

  assert.deepEqual(stored, {
    provider: 'resurs-ecom',
    paymentKey: '100000016',
    paymentId: '100000016',
    orderReference: '100000016',
    callback: 'UPDATE',
    type: 'payment.updated',
    result: null,
    method: 'POST',
    registeredAt: new Date('2026-11-01T08:00:00.000Z'),
    parameters: Object.fromEntries([
      ['env', 'test'],
      ['__proto__', 'x'],
    ]),
    body,
    verified: VERIFIED,
    identity: { key: stored.identity.key, aliasKey: null, windowMs: WINDOW_MS, endedKeys: [] },
  });
});

for (const [query, type] of [
  ['c=BOOKED', 'payment.booked'],
  ['c=AUTOMATIC_FRAUD_CONTROL&r=FROZEN', 'payment.frozen'],
  ['c=AUTOMATIC_FRAUD_CONTROL&r=THAWED', 'payment.thawed'],
  ['c=AUTOMATIC_FRAUD_CONTROL&r=frozen', 'payment.other'],
  ['c=AUTOMATIC_FRAUD_CONTROL', 'payment.other'],
  ['c=UNFREEZE&r=FROZEN', 'payment.unfrozen'],
  ['c=ANNULMENT', 'payment.annulled'],
  ['c=FINALIZATION', 'payment.finalized'],
  ['c=UPDATE', 'payment.updated'],
  ['c=FRAUD', 'payment.other'],
  ['c=constructor', 'payment.other'],
] as const) {
  test(`${query} becomes ${type}`, () => {
    assert.equal(event(`${query}&p=1`).type, type);
  });
}

test('TEST becomes callback.test, without a payment and with its five values', () => {
  const stored = event('c=TEST&param1=a&param3=%00&p=1&x=y');

  assert.equal(stored.type, 'callback.test');
  assert.equal(stored.paymentId, null);
  assert.ok(stored.paymentKey.startsWith('\u0001TEST:'));
  assert.deepEqual(stored.parameters, { param1: 'a', param2: '', param3: '\0', param4: '', param5: '' });
});

test('the result is stored for every type, without the NUL that Postgres rejects', () => {
  assert.equal(event('c=UNFREEZE&p=1&r=x').result, 'x');
  assert.equal(event('c=NEW&p=1&r=%00x%00').result, '\uFFFDx\uFFFD');
});

test('a time of registration beyond the year 9999 gives no date', () => {
  assert.deepEqual(event('c=BOOKED&p=1&t=253402300799').registeredAt, new Date('9999-12-31T23:59:59.000Z'));
  assert.equal(event('c=BOOKED&p=1&t=253402300800').registeredAt, null);
  assert.deepEqual(event('c=BOOKED&p=1&t=0').registeredAt, new Date(0));
  assert.equal(event('c=BOOKED&p=1').registeredAt, null);
});

test('a body of no bytes counts as no body', () => {
  const stored = event('c=UPDATE&p=1', { body: Buffer.alloc(0), method: 'POST' });

  assert.equal(stored.body, null);
  assert.deepEqual(stored.identity, { key: 'UPDATE', aliasKey: null, windowMs: 60_000, endedKeys: [] });
});

test('equal callbacks in different spellings have one identity', () => {
  const one = event('c=FRAUD&t=1&p=1&d=AB&x=1&y=2');
  const other = event('event-type=fraud&ts=2&paymentId=1&digest=cd&Y=2&x=1');

  assert.deepEqual(other.identity, one.identity);
  assert.equal(other.paymentKey, one.paymentKey);
});
