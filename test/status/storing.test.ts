/**
 * Readiness follows what storing says: while callbacks cannot be stored for a reason of the server, the service is not
 * ready, although a commit succeeds. It is ready again once a callback could be stored, before one comes.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openDatabase } from '../../src/db/client.ts';
import { canCommit, probeStoring } from '../../src/db/probe.ts';
import { createStoreHealth } from '../../src/inbox/store-health.ts';
import { createReadiness } from '../../src/status/health.ts';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { countRows, NO_ROWS } from '../helpers/database-state.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce, startTestService, type TestService } from '../helpers/service.ts';
import { STORE_FAULTS } from '../helpers/store-faults.ts';

async function becomes(receiver: TestService, expected: string): Promise<void> {
  let last = '';
  const isSo = await waitUntil(async () => {
    const { status, body } = await send(receiver.url, '/readyz');
    last = `${status} ${JSON.parse(body).reason ?? JSON.parse(body).status}`;
    return last === expected;
  });
  assert.ok(isSo, `${expected} expected, it stays ${last}`);
}

async function openTestDatabase(t: TestContext) {
  const { url } = await createDatabase(t);
  const db = openDatabase({ connectionString: url, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());
  return { url, db, query: <Row extends object>(text: string) => queryOnce<Row>(url, text) };
}

test('after callbacks that could not be stored the service is not ready, and it is again before the next one', async (t) => {
  const receiver = await startTestService(t);

  for (const { name, code, make, mend } of STORE_FAULTS) {
    await receiver.query(make);
    const refused = await send(receiver.url, target('UNFREEZE', name));
    await becomes(receiver, '503 database');
    await receiver.query(mend);
    await becomes(receiver, '200 ready');
    const accepted = await send(receiver.url, target('UNFREEZE', name));

    assert.ok(refused.status >= 500, name);
    assert.ok(
      receiver.log.some(({ reason }) => String(reason).includes(code)),
      `${code} in the log`,
    );
    assert.equal(accepted.status, 204, name);
    await receiver.query('drop function if exists fail_now');
  }
});

test('a row that the database refuses says nothing about the next one: the service stays ready', async (t) => {
  const receiver = await startTestService(t);
  await receiver.query(`alter table events add constraint no_p1 check (payment_id <> 'p1')`);

  const refused = await send(receiver.url, target('UNFREEZE', 'p1'));
  const { status } = await send(receiver.url, '/readyz');

  assert.deepEqual([refused.status, status], [500, 200]);
});

test('readiness stores a callback once a second while the last one failed, and commits otherwise', async (t) => {
  const { db, query } = await openTestDatabase(t);
  const clock = { now: () => 0, elapsed: () => elapsedMs };
  let elapsedMs = 0;
  const storeHealth = createStoreHealth();
  const readiness = createReadiness({ db, clock, storeHealth, notReadyReason: () => null });
  const [{ make, mend } = assert.fail()] = STORE_FAULTS;
  const reasons: (string | null)[] = [];
  const look = async (afterMs: number) => {
    elapsedMs += afterMs;
    reasons.push(await readiness());
  };

  await query(make);
  await look(0);
  storeHealth.onFailed(Object.assign(new Error('disk full'), { code: '53100' }));
  await look(10);
  await look(1_000);
  await look(1_000);
  await query(mend);
  await look(10);
  await look(1_000);
  await look(1_000);

  assert.deepEqual(reasons, [null, 'database', 'database', 'database', 'database', null, null]);
});

test('a callback that is stored makes the service ready without a probe', () => {
  const storeHealth = createStoreHealth();

  storeHealth.onFailed(Object.assign(new Error('disk full'), { code: '53100' }));
  const first = storeHealth.failure();
  storeHealth.onFailed(new Error('not committed in time'));
  storeHealth.onProbed(first ?? 0);
  const afterOldProbe = storeHealth.failure();
  storeHealth.onStored();

  assert.equal(first, 1);
  assert.equal(afterOldProbe, 2, 'a probe that began before the failure proves nothing');
  assert.equal(storeHealth.failure(), null);
});

test('the probe makes a file grow, leaves no row, and fails with the reason of the server', async (t) => {
  const { db, query } = await openTestDatabase(t);
  const sizeOf = async () => {
    const [row] = await query<{ bytes: number }>(`select pg_relation_size('storage_probe')::int as bytes`);
    return row?.bytes ?? 0;
  };

  const sizes = [await sizeOf()];
  for (let n = 0; n < 2; n += 1) {
    await probeStoring(db);
    sizes.push(await sizeOf());
  }

  assert.deepEqual(sizes, [0, 131_072, 262_144]);
  assert.deepEqual(await countRows({ query }), NO_ROWS);
  assert.deepEqual(await query('select from storage_probe'), []);
  for (const { code, make, mend } of STORE_FAULTS) {
    await query(make);
    assert.equal(await canCommit(db), true);
    await assert.rejects(probeStoring(db), { code });
    await query(`${mend}; drop function if exists fail_now`);
  }
});
