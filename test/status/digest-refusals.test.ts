/**
 * `GET /status` counts the callbacks of the last hour that were refused for their digest, by type and over all
 * processes, so that a changed salt is seen. Nothing else of a refused callback is stored. Real service and Postgres.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

const WRONG = { salt: 'another-salt-of-the-tests-3Hq' };

async function refusals(receiver: TestService) {
  return ((await receiver.status('/status')).json as { digestRefusals: unknown }).digestRefusals;
}

test('refused digests are counted by type, and unknown types together', async (t) => {
  const receiver = await startTestService(t);

  for (const type of ['BOOKED', 'BOOKED', 'UPDATE', 'INVENTED_1', 'INVENTED_2']) {
    assert.equal((await send(receiver.url, target(type, '1', WRONG))).status, 406);
  }
  assert.equal((await send(receiver.url, target('UNFREEZE', '1'))).status, 204);

  assert.deepEqual(await refusals(receiver), { lastHour: 5, byType: { BOOKED: 2, UPDATE: 1, other: 2 } });
});

test('the counts survive a restart, are added over replicas, and end after an hour', async (t) => {
  const first = await startTestService(t);
  await send(first.url, target('BOOKED', '1', WRONG));
  await first.service.stop();
  const second = await startTestService(t, { databaseUrl: first.databaseUrl });
  await send(second.url, target('BOOKED', '1', WRONG));

  const both = await refusals(second);
  await second.query(`update digest_refusals set minute = minute - interval '61 minutes'`);

  assert.deepEqual(both, { lastHour: 2, byType: { BOOKED: 2 } });
  assert.deepEqual(await refusals(second), { lastHour: 1, byType: { BOOKED: 1 } });
  assert.deepEqual(await countRows(second), NO_ROWS);
});
