/**
 * Questions that cannot be answered: refused with the name of what is wrong, in one form, and never as an internal
 * error. A question that is silently misread would show an operator the wrong events. Real service.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from '../helpers/callbacks.ts';
import { STATUS_TOKEN, startWorld } from '../helpers/service.ts';

const headers = { authorization: `Bearer ${STATUS_TOKEN}` };

test('each bad parameter is a 400 that names it', async (t) => {
  const world = await startWorld(t);

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
    ['callback=%00', 'callback'],
  ] as const) {
    const answer = await send(world.url, `/events?${query}`, { headers });

    assert.equal(answer.status, 400, query);
    const { error } = JSON.parse(answer.body);
    assert.equal(error.code, 'bad_request');
    assert.match(error.message, new RegExp(field), query);
  }
});

test('what is not kept is 404, whatever was asked for', async (t) => {
  const world = await startWorld(t);

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
    const answer = await send(world.url, path, { method, headers });

    assert.equal(answer.status, 404, `${method} ${path}`);
    assert.equal(JSON.parse(answer.body).error.code, 'not_found');
  }
});

test('a path that cannot be a paymentId is refused, never an internal error', async (t) => {
  const world = await startWorld(t);

  for (const id of ['a%00b', '%D6', '%', '%E0%A4%A']) {
    const answer = await send(world.url, `/payments/${id}`, { headers });

    assert.ok([400, 404].includes(answer.status), `${id}: ${answer.status}`);
  }
  assert.deepEqual(
    world.log.filter((line) => line.event === 'request.failed'),
    [],
  );
});
