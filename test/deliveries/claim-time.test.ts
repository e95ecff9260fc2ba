/**
 * A claim is valid for its whole lease and no longer, by the database's clock, whether the statement that claims made
 * it or the one that stores. An expired claim is recorded once and unblocks once, however many replicas find it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCircuitBreaker } from '../../src/deliveries/circuit-breaker.ts';
import { type ExpiredClaim, findExpiredClaims } from '../../src/deliveries/claim.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { createDeliveryWorker } from '../../src/deliveries/worker.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { waitUntil } from '../harness/wait.ts';
import { beginBlocking, waitForBlocked } from '../helpers/blocking-transaction.ts';
import { sendCallback, webhookEnv } from '../helpers/deliveries.ts';
import { ATTEMPTS } from '../helpers/delivery-states.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createTestOutbox, type TestOutbox } from '../helpers/outbox.ts';
import { startTestService } from '../helpers/service.ts';

test('a lease is the webhook timeout and five seconds, for born claims and for later ones', async (t) => {
  const merchant = await startMerchant(t);
  merchant.answerWith(({ body, attempt }, response) => {
    if (JSON.parse(body).data.paymentId === 'fails' && attempt === 1) response.writeHead(500).end();
  });
  const env = { WEBHOOK_TIMEOUT_MS: '3000', WEBHOOK_RETRY_SCHEDULE: '1ms', SHUTDOWN_TIMEOUT_MS: '1' };
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url, env) });

  await sendCallback(receiver, 'UNFREEZE', 'fails');
  await merchant.waitFor(2);
  await sendCallback(receiver, 'UNFREEZE', 'new');
  await merchant.waitFor(3);

  const rows = await receiver.query(
    `select e.payment_id, o.claimed_at = e.received_at as born,
            (extract(epoch from o.wake_at - o.claimed_at) * 1000)::int as "leaseMs"
     from outbox o join events e using (sequence) order by sequence`,
  );
  assert.deepEqual(rows, [
    { payment_id: 'fails', born: false, leaseMs: 8_000 },
    { payment_id: 'new', born: true, leaseMs: 8_000 },
  ]);
});

const LEASE_MS = 600;

test('a claimed delivery cannot be claimed until its lease has passed, and is then found as expired', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('claimed');
  await outbox.claim(1, LEASE_MS);
  await outbox.store(['born'], { slots: 1, leaseMs: LEASE_MS });
  const claimedBefore: unknown[] = [];
  const foundAfterMs: Record<string, number> = {};

  const areFound = await waitUntil(async () => {
    claimedBefore.push(...(await outbox.claim()));
    for (const { paymentKey } of await findExpiredClaims(outbox.db, null, []))
      foundAfterMs[paymentKey] ??= await sinceClaim(outbox, paymentKey);
    return Object.keys(foundAfterMs).length === 2;
  });

  assert.ok(areFound);
  assert.deepEqual(claimedBefore, []);
  for (const ms of Object.values(foundAfterMs)) assert.ok(ms > LEASE_MS, `${ms} ms`);
});

async function sinceClaim(outbox: TestOutbox, paymentKey: string): Promise<number> {
  const [row] = await outbox.query<{ ms: number }>(
    `select (extract(epoch from clock_timestamp() - claimed_at) * 1000)::float8 as ms from outbox where payment_key = $1`,
    [paymentKey],
  );
  return row?.ms ?? Number.NaN;
}

/** A replica that settles expired claims, and its log. */
function replica(outbox: TestOutbox) {
  const lines: Record<string, unknown>[] = [];
  const unused = () => Promise.reject(new Error('not called here'));
  const shared = {
    clock: { now: Date.now, elapsed: () => performance.now() },
    logger: createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) } as never),
  };
  const worker = createDeliveryWorker({
    ...shared,
    circuitBreaker: createCircuitBreaker({ ...shared, schedule: [1_000], random: () => 0 }),
    quarantine: { failed: () => undefined, setAside: () => [] },
    send: unused,
    outbox: {
      settle: async (settlement) => (await settleClaims(outbox.db, [settlement])).outcomes[0] ?? 'lost',
      claim: unused,
      firstDue: unused,
      release: unused,
      unblockStranded: unused,
      findExpiredClaims: unused,
      outlook: unused,
    },
    onAttempt: () => undefined,
    onResponded: () => undefined,
    onSettled: () => undefined,
  });
  return { lines, settle: (expired: readonly ExpiredClaim[]) => worker.settleExpired(expired) };
}

test('an expired claim that two replicas find at the same moment is logged once and unblocks once', async (t) => {
  const outbox = await createTestOutbox(t);
  await outbox.add('a', 'a', 'a');
  // Its last attempt: it has used all its tries but one, and every further abandoned attempt uses one.
  await outbox.query(
    `update outbox set attempt_count = 9, tries_used = 1, abandoned_in_row = 7 where state = 'pending'`,
  );
  await outbox.claim(1, 0);
  const found = [await findExpiredClaims(outbox.db, null, []), await findExpiredClaims(outbox.db, null, [])];
  const replicas = found.map(() => replica(outbox));
  const row = await beginBlocking(t, outbox.url, `select from outbox where state = 'delivering' for update`);

  const settling = replicas.map(({ settle }, index) => settle(found[index] ?? []));
  await waitForBlocked(outbox, 2);
  await row.release();
  await Promise.all(settling);

  assert.deepEqual(
    found.map((claims) => claims.length),
    [1, 1],
  );
  const lines = replicas.flatMap((one) => one.lines);
  assert.deepEqual(
    lines.map(({ event, attempt, state }) => [event, attempt, state]),
    [['delivery.abandoned', 10, 'dead_letter']],
  );
  const states = await outbox.query('select state from outbox order by sequence');
  assert.deepEqual(states, [{ state: 'pending' }, { state: 'blocked' }]);
  assert.equal((await outbox.query(`select number from ${ATTEMPTS} a`)).length, 1);
});
