/**
 * The service is killed in the middle of a flood and started again: every callback that got 204 is stored and reaches
 * the merchant, and the others are stored when Resurs retries. A real process, killed as by a power failure; real HTTP
 * on both sides, real Postgres. (That Postgres itself survives one is its own promise.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startProcess } from '../helpers/process.ts';
import { queryOnce, WEBHOOK_SECRET } from '../helpers/service.ts';

const COUNT = 500;
const IN_FLIGHT = 20;

test('kill -9 in the middle of 500 callbacks loses none that got 204', async (t) => {
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
  const accepted = new Set<string>();

  await sendAll(first.url, ids, async (id) => {
    accepted.add(id);
    if (accepted.size === COUNT / 2) await first.kill();
  });
  const stored = new Set(
    (await queryOnce<{ id: string }>(databaseUrl, 'select payment_id as id from events')).map(({ id }) => id),
  );
  const acceptedBefore = [...accepted];
  const second = await startProcess(t, databaseUrl, env);
  await sendAll(
    second.url,
    ids.filter((id) => !accepted.has(id)),
    async (id) => void accepted.add(id),
  );

  assert.ok(
    acceptedBefore.length >= COUNT / 2 && acceptedBefore.length < COUNT,
    `${acceptedBefore.length} were accepted before`,
  );
  assert.deepEqual(
    acceptedBefore.filter((id) => !stored.has(id)),
    [],
  );
  assert.equal(accepted.size, COUNT);
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

/** Sends each once, some at a time, and reports those that got 204. Ends early when the service no longer responds. */
async function sendAll(url: string, ids: readonly string[], onAccepted: (id: string) => Promise<void>): Promise<void> {
  const remaining = [...ids];
  const sendSome = async () => {
    for (let id = remaining.shift(); id !== undefined; id = remaining.shift()) {
      const status = await send(url, target('UNFREEZE', id)).then(
        (response) => response.status,
        () => 0,
      );
      if (status === 204) await onAccepted(id);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, sendSome));
}
