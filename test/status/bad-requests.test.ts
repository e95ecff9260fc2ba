/**
 * Invalid requests: rejected with the name of the wrong part, in one format, and never as an internal error. A request
 * that is silently misread would show an operator the wrong events. Real service.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from '../helpers/callbacks.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const headers = { authorization: `Bearer ${STATUS_TOKEN}` };

test('an invalid parameter gets 400 with its name', async (t) => {
  const receiver = await startTestService(t);

  for (const [query, field] of [
    ['limit=0', 'limit'],
    ['limit=201', 'limit'],
    ['limit=x', 'limit'],
    ['limit=', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['paymentid=p1', 'paymentid'],
    ['nonsense=1', 'nonsense'],
    ['from=yesterday', 'from'],
    ['to=2026-13-01', 'to'],
    ['cursor=x', 'cursor'],
    ['cursor=', 'cursor'],
    ['state=lost', 'state'],
    ['state=', 'state'],
    ['paymentId=', 'paymentId'],
    ['paymentId=a&paymentId=b', 'paymentId'],
    [`paymentId=${'x'.repeat(256)}`, 'paymentId'],
    ['paymentId=a%00b', 'paymentId'],
    ['type=%00', 'type'],
    ['reason=', 'reason'],
    ['reason=99', 'reason'],
    ['reason=5030', 'reason'],
    ['reason=lost', 'reason'],
    ['reason=%00', 'reason'],
    ['reason=410&reason=503', 'reason'],
    ['callback=%00', 'callback'],
  ] as const) {
    const response = await send(receiver.url, `/events?${query}`, { headers });

    assert.equal(response.status, 400, query);
    const { error } = JSON.parse(response.body);
    assert.equal(error.code, 'bad_request');
    assert.match(error.message, new RegExp(field), query);
  }
});

test('a route, event or payment that does not exist gets 404', async (t) => {
  const receiver = await startTestService(t);

  for (const [method, path] of [
    ['GET', '/events/evt_01234567-89ab-7cde-8f01-23456789abcd'],
    ['GET', '/events/1'],
    ['GET', "/events/evt_'"],
    ['GET', '/events/'],
    ['GET', '/payments/p1'],
    ['GET', '/nothing'],
    ['POST', '/events'],
    ['DELETE', '/events/evt_01234567-89ab-7cde-8f01-23456789abcd'],
    ['POST', '/events/evt_01234567-89ab-7cde-8f01-23456789abcd/replay'],
    ['POST', '/events/1/replay'],
  ] as const) {
    const response = await send(receiver.url, path, { method, headers });

    assert.equal(response.status, 404, `${method} ${path}`);
    assert.equal(JSON.parse(response.body).error.code, 'not_found');
  }
});

test('a path that cannot be a paymentId gets 400 or 404, never an internal error', async (t) => {
  const receiver = await startTestService(t);

  for (const id of ['a%00b', '%D6', '%', '%E0%A4%A']) {
    const response = await send(receiver.url, `/payments/${id}`, { headers });

    assert.ok([400, 404].includes(response.status), `${id}: ${response.status}`);
  }
  assert.deepEqual(
    receiver.log.filter((line) => line.event === 'request.failed'),
    [],
  );
});
