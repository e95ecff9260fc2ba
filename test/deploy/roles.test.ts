/**
 * deploy/roles.sql: what receiver_service may do is enough for the whole service and no more. Two real roles on a real
 * Postgres, with new names for each test, since roles belong to the whole server.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import pg from 'pg';
import { openDatabase } from '../../src/db/client.ts';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { createRetention } from '../../src/events/retention.ts';
import { send, target } from '../helpers/callbacks.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createEmptyDatabase, urlOf } from '../helpers/postgres.ts';
import { queryOnce, STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const SCRIPT = path.join(import.meta.dirname, '..', '..', 'deploy', 'roles.sql');

/** A database without tables and the two roles; URLs of all three who may come. */
async function setup(t: TestContext) {
  const { url: adminUrl } = await createEmptyDatabase(t);
  const suffix = randomBytes(6).toString('hex');
  const [owner, service] = [`owner_${suffix}`, `service_${suffix}`];
  const text = await readFile(SCRIPT, 'utf8');
  const script = text.replaceAll('receiver_owner', owner).replaceAll('receiver_service', service);
  // After the database: until then its tables need their owner.
  t.after(() => t.after(() => queryOnce(urlOf(adminUrl, 'postgres'), `drop role ${owner}, ${service}`)));
  await queryOnce(adminUrl, script);
  const urlAs = (role: string) => {
    const url = new URL(adminUrl);
    url.username = role;
    return url.href;
  };
  return { adminUrl, ownerUrl: urlAs(owner), serviceUrl: urlAs(service), script };
}

/** The SQLSTATE with which Postgres refuses a statement. */
async function refusal(url: string, statement: string): Promise<string | undefined> {
  try {
    await queryOnce(url, statement);
    return 'allowed';
  } catch (error) {
    if (error instanceof pg.DatabaseError) return error.code;
    throw error;
  }
}

const INSUFFICIENT_PRIVILEGE = '42501';

test('receiver_service takes a callback, delivers it, and forgets it when it is old', async (t) => {
  const { ownerUrl, serviceUrl, adminUrl } = await setup(t);
  await migrateToLatest(ownerUrl);
  const merchant = await startMerchant(t);
  const env = { ...webhookEnv(merchant.url), MIGRATE_ON_START: 'false', ORDER_OWNERSHIP: 'registered' };
  const receiver = await startTestService(t, { databaseUrl: serviceUrl, env });

  const refused = await send(receiver.url, target('UNFREEZE', '1'));
  const order = await fetch(`${receiver.service.urls.status}/orders/1`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${STATUS_TOKEN}` },
  });
  const accepted = await send(receiver.url, target('UNFREEZE', '1'));
  await merchant.waitFor(1);
  const { status } = await receiver.status('/readyz');
  await receiver.service.stop();
  await queryOnce(adminUrl, `update identities set expires_at = now() - interval '1 day'`);
  await queryOnce(adminUrl, `update events set received_at = now() - interval '500 days'`);
  const db = openDatabase({ connectionString: serviceUrl, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());
  const forgotten = await createRetention(db, 400).pruneBatch();

  assert.deepEqual([refused.status, order.status, accepted.status, status], [410, 201, 204, 200]);
  assert.deepEqual(forgotten, { identities: 1, events: 1, orders: 0, hasMore: false });
});

test('receiver_service can neither drop, alter, empty nor make a table', async (t) => {
  const { ownerUrl, serviceUrl } = await setup(t);
  await migrateToLatest(ownerUrl);

  const attempts = [
    'drop table events',
    'alter table events drop column body',
    'truncate events cascade',
    'create table more (id int)',
    'create schema more',
    'drop index events_received_at',
  ];
  const answers = await Promise.all(attempts.map((statement) => refusal(serviceUrl, statement)));

  assert.deepEqual(
    answers,
    attempts.map(() => INSUFFICIENT_PRIVILEGE),
  );
});

test('the script may run again, and on a database that another role has migrated', async (t) => {
  const { adminUrl, ownerUrl, serviceUrl, script } = await setup(t);
  await migrateToLatest(adminUrl);

  await queryOnce(adminUrl, script);
  await queryOnce(ownerUrl, 'alter table events add column later_migration int');
  const receiver = await startTestService(t, { databaseUrl: serviceUrl, env: { MIGRATE_ON_START: 'false' } });
  const accepted = await send(receiver.url, target('UNFREEZE', '1'));

  assert.equal(accepted.status, 204);
  assert.equal(await refusal(serviceUrl, 'drop table events'), INSUFFICIENT_PRIVILEGE);
});

test('the script knows every table, sequence and function of the receiver, and leaves those of others alone', async (t) => {
  const { adminUrl, ownerUrl, serviceUrl, script } = await setup(t);
  await migrateToLatest(adminUrl);
  await queryOnce(adminUrl, 'create table of_another_application (id int generated always as identity)');

  await queryOnce(adminUrl, script);

  const owner = new URL(ownerUrl).username;
  const service = new URL(serviceUrl).username;
  const others = await queryOnce(
    adminUrl,
    `select relname as name, relkind as kind from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'S') and relowner <> $1::regrole
     union all
     select proname, 'function' from pg_proc where pronamespace = 'public'::regnamespace and proowner <> $1::regrole
     order by 1`,
    [owner],
  );
  const closed = await queryOnce(
    adminUrl,
    `select relname as name from pg_class
     where relnamespace = 'public'::regnamespace and relname not like '%another_application%' and (
       relkind = 'r' and not has_table_privilege($1, oid, 'select') or relkind = 'S' and not has_sequence_privilege($1, oid, 'select')
     )`,
    [service],
  );
  assert.deepEqual(others, [
    { name: 'of_another_application', kind: 'r' },
    { name: 'of_another_application_id_seq', kind: 'S' },
  ]);
  assert.deepEqual(closed, [], 'receiver_service may read all that a backup reads');
  assert.equal(await refusal(serviceUrl, 'select from of_another_application'), INSUFFICIENT_PRIVILEGE);
});

test('receiver_service may read all that a backup reads, where receiver_owner has migrated', async (t) => {
  const { ownerUrl, serviceUrl } = await setup(t);
  await migrateToLatest(ownerUrl);

  const sequences = await queryOnce<{ name: string }>(serviceUrl, 'select sequencename as name from pg_sequences');
  const answers = await Promise.all(sequences.map(({ name }) => refusal(serviceUrl, `select last_value from ${name}`)));

  assert.ok(sequences.some(({ name }) => name === 'events_sequence_seq'));
  assert.deepEqual(new Set(answers), new Set(['allowed']));
});
