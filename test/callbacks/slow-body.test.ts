/**
 * A body that does not come to its end in ten seconds: the one test that has to wait so long. A slow sender must not hold a connection for
 * ever, and gets an answer that says what was wrong. Real sockets, real clock.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { target } from '../helpers/callbacks.ts';
import { countStored, NOTHING } from '../helpers/database-state.ts';
import { begin } from '../helpers/partial-request.ts';
import { assertAnswer } from '../helpers/responses.ts';
import { startWorld } from '../helpers/service.ts';

test('a body that is not complete within 10 s is answered 408 and stores nothing', async (t) => {
  const world = await startWorld(t);
  const startedAtMs = performance.now();
  const announced = begin(t, { url: world.url, target: target('BOOKED', '1'), headers: { 'content-length': 100 } });
  const chunked = begin(t, { url: world.url, target: target('BOOKED', '2') });
  announced.write('{');
  chunked.write('{');

  const answers = await Promise.all([announced.answer, chunked.answer]);

  const tookMs = performance.now() - startedAtMs;
  for (const answer of answers) {
    assertAnswer(answer, { status: 408, reason: 'Body too slow.', actual: 'BOOKED' });
    assert.equal(answer.headers.connection, 'close');
  }
  assert.ok(tookMs >= 9_900 && tookMs < 14_000, `after ${tookMs} ms`);
  assert.deepEqual(await countStored(world), NOTHING);
});
