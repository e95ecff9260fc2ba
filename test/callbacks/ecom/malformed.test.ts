/**
 * Callbacks with an invalid URL get 400 and store nothing, although the digest over their apparent values would be
 * valid. A receiver that guessed would announce payments that do not exist. Real HTTP and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { computeDigest } from '../../../src/protocol/ecom/digest.ts';
import { SALT, send, target } from '../../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../../helpers/database-state.ts';
import { assertResponse } from '../../helpers/responses.ts';
import { startTestService } from '../../helpers/service.ts';

const BASE = '/callbacks/resurs';
const REASON = 'Malformed callback.';

function digestOf(paymentId: string): string {
  return computeDigest('sha1', paymentId, SALT);
}

test('a callback without a valid type gets 400, and the response does not repeat the type', async (t) => {
  const receiver = await startTestService(t);
  const types = ['', 'UN%20FREEZE', 'UNFREEZE%0D%0Ax-evil:1', '%3Cscript%3E', '%C3%85', 'A'.repeat(65)];
  const targets = [
    BASE,
    `${BASE}?p=1&d=${digestOf('1')}`,
    ...types.map((type) => `${BASE}?c=${type}&p=1&d=${digestOf('1')}`),
    `${BASE}/un%20freeze/paymentId/1/digest/${digestOf('1')}`,
  ];

  const responses = await Promise.all(targets.map((url) => send(receiver.url, url)));

  for (const response of responses) assertResponse(response, { status: 400, reason: REASON });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('a callback without a valid paymentId gets 400', async (t) => {
  const receiver = await startTestService(t);
  const ids = ['', '.', '..', 'a\tb', 'a\u0000b', 'a\u0085b', 'x'.repeat(256), 'ü'.repeat(256)];
  const targets = [
    `${BASE}?c=UNFREEZE&d=${digestOf('')}`,
    ...ids.map((id) => target('UNFREEZE', id)),
    `${BASE}/unfreeze/paymentId//digest/${digestOf('')}`,
    `${BASE}/unfreeze/paymentId/digest/${digestOf('')}`,
  ];

  const responses = await Promise.all(targets.map((url) => send(receiver.url, url)));

  for (const response of responses) assertResponse(response, { status: 400, reason: REASON, actual: 'UNFREEZE' });
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});

test('paymentIds up to the limits are accepted', async (t) => {
  const receiver = await startTestService(t);
  const ids = ['x'.repeat(255), '€'.repeat(255), '...', ' ', 'a/b', 'Åre 2/3_4.5-6'];

  const responses = await Promise.all(ids.map((id) => send(receiver.url, target('UNFREEZE', id))));

  assert.deepEqual(
    responses.map(({ status }) => status),
    ids.map(() => 204),
  );
  const rows = await receiver.query<{ payment_id: string }>('select payment_id from events');
  assert.deepEqual(new Set(rows.map((row) => row.payment_id)), new Set(ids));
});

test('contradictory values of a name that is read get 400, equal ones are accepted', async (t) => {
  const receiver = await startTestService(t);
  const names = ['&p=2', '&P=2', '&amp;p=2', '&p=', `&d=${digestOf('2')}`, '&c=BOOKED'];
  const contradictions = [...names, '&r=FROZEN&R=THAWED', '&t=1700000000&amp;T=1700000001', '&t=1&t=soon'];

  const responses = await Promise.all(
    contradictions.map((extra) => send(receiver.url, target('UNFREEZE', '1', { extra }))),
  );
  const equal = await send(receiver.url, target('UNFREEZE', '1', { extra: `&amp;P=1&D=${digestOf('1')}&x=1&X=1` }));

  for (const { status, reason } of responses) assert.deepEqual([status, reason], [400, REASON]);
  assert.equal(equal.status, 204);
  assert.equal((await countRows(receiver)).events, 1);
});
