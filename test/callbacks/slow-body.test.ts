/**
 * A body that is not complete within ten seconds: the only test that has to wait so long. A slow sender must not occupy
 * a connection forever, and its response says what failed. Real sockets, real clock.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { openRequest } from '../helpers/partial-request.ts';
import { assertResponse } from '../helpers/responses.ts';
import { startTestService } from '../helpers/service.ts';
import { startStopwatch } from '../helpers/stopwatch.ts';

test('a body that is not complete within 10 s gets 408 and stores nothing', async (t) => {
  const receiver = await startTestService(t);
  const startedAtMs = performance.now();
  const watch = startStopwatch();
  const announced = openRequest(t, {
    url: receiver.url,
    target: target('BOOKED', '1'),
    headers: { 'content-length': 100 },
  });
  const chunked = openRequest(t, { url: receiver.url, target: target('BOOKED', '2') });
  announced.write('{');
  chunked.write('{');

  const responses = await Promise.all([announced.response, chunked.response]);

  const tookMs = performance.now() - startedAtMs;
  const fairMs = watch.elapsedMs();
  for (const response of responses) {
    assertResponse(response, { status: 408, reason: 'Body too slow.', actual: 'BOOKED' });
    assert.equal(response.headers.connection, 'close');
  }
  assert.ok(tookMs >= 9_900 && fairMs < 14_000, `after ${tookMs} ms`);
  assert.deepEqual(await countRows(receiver), NO_ROWS);
});
