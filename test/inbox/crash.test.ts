/**
 * The service dies in the middle of a flood and is started again: every callback that was answered 204 is stored and
 * reaches the merchant, and what was not answered comes in when Resurs tries again. A real process, killed as by a power
 * cut; real HTTP to both sides, real Postgres. (That Postgres itself survives one is its own promise.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMerchant } from '../harness/merchant.ts';
import { startProcess } from '../harness/process.ts';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce, WEBHOOK_SECRET } from '../helpers/service.ts';

const COUNT = 500;
const IN_FLIGHT = 20;

test('kill -9 in the middle of 500 callbacks loses none that was answered 204', async (t) => {
  const merchant = await startMerchant(t);
  const { url: databaseUrl } = await createDatabase(t);
  const env = {
    WEBHOOK_URL: merchant.url,
    WEBHOOK_SECRET,
    WEBHOOK_TIMEOUT_MS: '1000',
    WEBHOOK_RETRY_SCHEDULE: '200ms,1s,1s',
  };
  const first = await startProcess(t, databaseUrl, env);
  const ids = Array.from({ length: COUNT }, (_, n) => `1${String(n).padStart(8, '0')}`);
  const taken = new Set<string>();

  await sendAll(first.url, ids, async (id) => {
    taken.add(id);
    if (taken.size === COUNT / 2) await first.kill();
  });
  const stored = new Set(
    (await queryOnce<{ id: string }>(databaseUrl, 'select payment_id as id from events')).map(({ id }) => id),
  );
  const takenBefore = [...taken];
  const second = await startProcess(t, databaseUrl, env);
  await sendAll(
    second.url,
    ids.filter((id) => !taken.has(id)),
    async (id) => void taken.add(id),
  );

  assert.ok(takenBefore.length >= COUNT / 2 && takenBefore.length < COUNT, `${takenBefore.length} were taken before`);
  assert.deepEqual(
    takenBefore.filter((id) => !stored.has(id)),
    [],
  );
  assert.equal(taken.size, COUNT);
  const isDelivered = async () => {
    const [row] = await queryOnce<{ count: number }>(
      databaseUrl,
      `select count(*)::int as count from deliveries where state = 'delivered'`,
    );
    return row?.count === COUNT;
  };
  assert.ok(await waitUntil(isDelivered, 30_000), 'not every event was delivered');
  const delivered = merchant.received.map(({ body }) => JSON.parse(body).data.paymentId);
  assert.deepEqual([...new Set(delivered)].sort(), ids);
  assert.equal(new Set(merchant.received.map(({ id }) => id)).size, COUNT);
});

/** Sends each once, some at a time, and reports those that were answered 204. Ends early when nobody answers any more. */
async function sendAll(url: string, ids: readonly string[], onTaken: (id: string) => Promise<void>): Promise<void> {
  const left = [...ids];
  const sendSome = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      const status = await send(url, target('UNFREEZE', id)).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 204) await onTaken(id);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendSome));
}
