/**
 * A real streaming standby: while the primary lives it is passed over, and once it is promoted the service is back on it
 * by itself. With `synchronous_standby_names` every callback that was answered 204 is on it.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../../src/db/client.ts';
import { UnsuitableServerError } from '../../../src/db/connection/unsuitable-server.ts';
import { isReachable } from '../../../src/db/probe.ts';
import { waitUntil } from '../../harness/wait.ts';
import { send, target } from '../../helpers/callbacks.ts';
import { startTestService, type TestService } from '../../helpers/service.ts';
import { startReplicatedPair } from '../../helpers/standby.ts';

const SENDERS = 4;

/** Sends callbacks of new payments one after the other, from several senders, until it is stopped. */
function startTraffic(t: TestContext, receiver: TestService) {
  const accepted: string[] = [];
  const statuses: number[] = [];
  let isOver = false;
  let payments = 0;
  const sendAll = async () => {
    while (!isOver) {
      payments += 1;
      const paymentId = `p${payments}`;
      const { status } = await send(receiver.url, target('UNFREEZE', paymentId));
      statuses.push(status);
      if (status === 204) accepted.push(paymentId);
    }
  };
  const senders = Array.from({ length: SENDERS }, sendAll);
  const stop = async () => {
    isOver = true;
    await Promise.all(senders);
  };
  t.after(stop);
  return { accepted, statuses, stop };
}

test('a crash of the primary and the promotion of its standby lose no callback that was answered 204', async (t) => {
  const { primary, standby, urlOf, promote } = await startReplicatedPair(t);
  const receiver = await startTestService(t, { databaseUrl: urlOf(primary, standby) });
  const { accepted, statuses, stop } = startTraffic(t, receiver);
  assert.ok(await waitUntil(async () => accepted.length >= 50));

  await primary.crash();
  assert.ok(await waitUntil(async () => statuses.at(-1) === 503));
  await promote();
  const acceptedBefore = accepted.length;
  assert.ok(await waitUntil(async () => accepted.length >= acceptedBefore + 50));
  await stop();

  const stored = await standby.query<{ id: string }>('select payment_id as id from events');
  const ids = new Set(stored.map(({ id }) => id));
  assert.deepEqual(
    accepted.filter((id) => !ids.has(id)),
    [],
  );
});

test('a standby is passed over in whatever order the URL names it, and alone it is not used', async (t) => {
  const { primary, standby, urlOf } = await startReplicatedPair(t);
  const receiver = await startTestService(t, { databaseUrl: urlOf(standby, primary) });

  const response = await send(receiver.url, target('UNFREEZE', 'p1'));

  assert.equal(response.status, 204);
  assert.equal(receiver.log.filter(({ event }) => event === 'database.unsuitable').length, 0);
  const alone = openDatabase({ connectionString: urlOf(standby), poolSize: 1, onConnectionError: () => undefined });
  t.after(() => alone.close());
  await assert.rejects(
    alone.kysely.selectFrom('events').select('id').execute(),
    (error) =>
      error instanceof UnsuitableServerError && /is a standby/.test(error.problem) && /primary/.test(error.fix),
  );
  assert.equal(await isReachable(alone), false);
});
