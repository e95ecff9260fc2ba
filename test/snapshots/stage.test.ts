/**
 * Claims that wait for a snapshot: valid as long as they wait, dropped when another process took them, and sent only
 * once the snapshot is kept. Real Postgres; the test says when Resurs has answered.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Claim } from '../../src/deliveries/claim.ts';
import { createSnapshotStage } from '../../src/deliveries/snapshot-stage.ts';
import { createSnapshotStore } from '../../src/deliveries/snapshot-store.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { failedSnapshot, type Snapshot } from '../../src/payments/snapshot.ts';
import { waitUntil } from '../harness/wait.ts';
import { createTestOutbox } from '../helpers/outbox.ts';

const LEASE_MS = 400;
const READ: Snapshot = {
  payment: {
    readAt: '2026-11-20T12:00:00.000Z',
    state: 'authorized',
    frozen: false,
    orderReference: 'order-1',
    statuses: ['DEBITABLE'],
    amounts: null,
    rejectedReason: null,
  },
};

/** A stage over a real outbox, and what came out of it. */
async function setup(t: TestContext) {
  const outbox = await createTestOutbox(t);
  const store = createSnapshotStore(outbox.db, LEASE_MS);
  const reads: { readonly paymentId: string | null; answer(snapshot: Snapshot): void }[] = [];
  const [ready, returned]: Claim[][] = [[], []];
  const lines: string[] = [];
  const stage = createSnapshotStage({
    store,
    renewEveryMs: LEASE_MS / 8,
    logger: createLogger('info', { write: (line: string) => void lines.push(line) }),
    reader: {
      wants: () => true,
      room: () => 100,
      read({ paymentId }, signal) {
        const { promise, resolve } = Promise.withResolvers<Snapshot | null>();
        signal.addEventListener('abort', () => resolve(null));
        reads.push({ paymentId, answer: resolve });
        return promise;
      },
    },
    onReady: (claim) => void ready?.push(claim),
    onReturned: (claim) => void returned?.push(claim),
    onLeft: () => undefined,
  });
  t.after(() => stage.stop());
  return { outbox, store, stage, reads, ready: ready ?? [], returned: returned ?? [], lines };
}

test('a claim is renewed while it waits, and is valid for a whole lease when its snapshot is kept', async (t) => {
  const { outbox, stage, reads, ready } = await setup(t);
  await outbox.add('p1');
  stage.hold(await outbox.claim(1, LEASE_MS), false);
  const isLong = `select claimed_at > received_at + interval '${3 * LEASE_MS} ms' as "isLong" from outbox join events using (sequence)`;

  assert.ok(await waitUntil(async () => (await outbox.query(isLong))[0]?.isLong));
  reads[0]?.answer(READ);
  assert.ok(await waitUntil(async () => ready.length === 1));

  const [claim] = ready;
  assert.deepEqual(claim?.event.snapshot, READ);
  assert.deepEqual(claim === undefined ? [] : await outbox.deliver(claim), ['settled']);
  const [attempt] = await outbox.query(
    `select extract(epoch from first_started_at - received_at) * 1000 as "sinceMs" from deliveries join events using (sequence)`,
  );
  assert.ok(Number(attempt?.sinceMs) >= 3 * LEASE_MS, 'the wait is no part of the attempt');
});

test('a claim that another process took meanwhile is dropped, and its read ends', async (t) => {
  const { outbox, stage, ready, returned } = await setup(t);
  await outbox.add('p1');
  stage.hold(await outbox.claim(1, LEASE_MS), true);
  assert.equal(stage.probes(), 1);

  await outbox.query('update outbox set claim_token = gen_random_uuid()');

  assert.ok(await waitUntil(async () => stage.probes() === 0));
  assert.deepEqual([ready, returned], [[], []]);
});

test('a snapshot for a lost claim is not kept, and nothing is sent', async (t) => {
  const { outbox, stage, reads, ready } = await setup(t);
  await outbox.add('p1', 'p2');
  stage.hold(await outbox.claim(2, LEASE_MS), false);
  await outbox.query(`update outbox set claim_token = gen_random_uuid() where payment_key = 'p1'`);

  for (const { answer } of reads) answer(READ);
  assert.ok(await waitUntil(async () => ready.length === 1));

  assert.equal(ready[0]?.paymentKey, 'p2');
  const kept = await outbox.query('select payment_id, snapshot is not null as "isKept" from events order by sequence');
  assert.deepEqual(
    kept.map(({ payment_id, isKept }) => [payment_id, isKept]),
    [
      ['p1', false],
      ['p2', true],
    ],
  );
});

test('an event keeps its first snapshot, and one of eCom has no order reference of its own', async (t) => {
  const { outbox, store } = await setup(t);
  await outbox.add('p1');
  const [claim] = await outbox.claim(1, 60_000);
  assert.ok(claim !== undefined);

  await store.save({ claim, snapshot: READ });
  const kept = await store.save({ claim, snapshot: failedSnapshot('later') });

  assert.deepEqual(kept, { snapshot: READ, orderReference: null });
});

test('a stop ends the reads and returns the claims, which are released as they were', async (t) => {
  const { outbox, stage, returned } = await setup(t);
  await outbox.add('p1', 'p2');
  stage.hold(await outbox.claim(2, LEASE_MS), false);

  await stage.stop();

  assert.deepEqual(
    returned.map(({ paymentKey, attempt }) => [paymentKey, attempt]),
    [
      ['p1', 1],
      ['p2', 1],
    ],
  );
});

test('a snapshot that the database refuses is replaced by a line that says so', async (t) => {
  const { outbox, stage, reads, ready } = await setup(t);
  await outbox.query(REFUSE_PAYMENTS);
  await outbox.query('create trigger refuse before update on events for each row execute function refuse_payments()');
  await outbox.add('p1');
  stage.hold(await outbox.claim(1, LEASE_MS), false);

  reads[0]?.answer(READ);
  assert.ok(await waitUntil(async () => ready.length === 1));

  assert.deepEqual(ready[0]?.event.snapshot, {
    payment: null,
    paymentError: 'The database could not keep what Resurs answered.',
  });
});

test('a claim whose event cannot be written at all is left to expire, and a line names the event', async (t) => {
  const { outbox, stage, reads, ready, returned, lines } = await setup(t);
  await outbox.query(REFUSE_PAYMENTS.replace(`'%authorized%'`, `'%'`));
  await outbox.query('create trigger refuse before update on events for each row execute function refuse_payments()');
  const [id] = await outbox.add('p1');
  stage.hold(await outbox.claim(1, LEASE_MS), false);

  reads[0]?.answer(READ);
  assert.ok(await waitUntil(async () => lines.length === 1));

  assert.match(lines[0] ?? '', new RegExp(`"event":"snapshot.not_kept","eventId":"evt_${id}"`));
  assert.deepEqual([ready, returned], [[], []]);
});

const REFUSE_PAYMENTS = `
  create function refuse_payments() returns trigger language plpgsql as $$
  begin
    if new.snapshot::text like '%authorized%' then raise exception 'no payments here'; end if;
    return new;
  end
  $$`;

test('only an event that may not have been sent before waits for a snapshot', async (t) => {
  const { outbox, stage } = await setup(t);
  await outbox.add('p1');
  const [claim] = await outbox.claim(1, 60_000);
  assert.ok(claim !== undefined);
  const claims = [
    { ...claim, attempt: 2, abandonedInRow: 0 },
    { ...claim, attempt: 3, abandonedInRow: 1 },
    { ...claim, event: { ...claim.event, snapshot: READ } },
  ];

  assert.deepEqual(stage.hold(claims, false), claims);
  assert.deepEqual(stage.hold([{ ...claim, attempt: 3, abandonedInRow: 2 }], false), []);
});
