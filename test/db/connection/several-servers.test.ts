/**
 * Several hosts in a URL: each connection finds the one that can be used, whatever the others do. Real connections to
 * one Postgres, through a proxy for each host.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../../src/db/client.ts';
import { createNotifier } from '../../../src/db/notifier.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { freePort } from '../../harness/listen.ts';
import { waitUntil } from '../../harness/wait.ts';
import { createDatabase } from '../../helpers/postgres.ts';
import { startDatabaseProxy } from '../../helpers/postgres-proxy.ts';
import { startTestService } from '../../helpers/service.ts';

async function setup(t: TestContext) {
  const { url, name } = await createDatabase(t);
  const proxies = [await startDatabaseProxy(t, url), await startDatabaseProxy(t, url)] as const;
  const [first, second] = proxies.map((proxy) => new URL(proxy.url).host);
  const both = `postgres://postgres@${first},${second}/${name}`;
  return { url, proxies, both, name };
}

function open(t: TestContext, connectionString: string) {
  const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());
  return () => db.run(sql<{ n: number }>`select 1 as n`.compile(db.kysely));
}

test('a host that refuses connections is passed over', async (t) => {
  const { both, proxies } = await setup(t);
  await proxies[0].leave();
  const query = open(t, both);

  assert.deepEqual(await query(), [{ n: 1 }]);
});

test('a host that accepts a connection and never answers is passed over', async (t) => {
  const { both, proxies } = await setup(t);
  proxies[0].silence();
  const query = open(t, both);

  assert.deepEqual(await query(), [{ n: 1 }]);
});

test('a name that does not exist is passed over', async (t) => {
  const { both, proxies } = await setup(t);
  await proxies[0].leave();
  const query = open(t, both.replace('@', '@no-such-host.invalid:5432,'));

  assert.deepEqual(await query(), [{ n: 1 }]);
});

for (const names of [1, 2, 3, 4, 5]) {
  test(`a host behind names that do not exist is reached: ${names}`, async (t) => {
    const { both } = await setup(t);
    const missing = Array.from({ length: names }, (_, index) => `no-such-host-${index}.invalid:5432`).join(',');
    const [, second] = both.slice(both.indexOf('@') + 1).split(',');
    const query = open(t, `postgres://postgres@${missing},${second}`);

    assert.deepEqual(await query(), [{ n: 1 }]);
  });
}

test('a name among several hosts is looked up', async (t) => {
  const { both, proxies } = await setup(t);
  await proxies[0].leave();
  const query = open(t, both.replaceAll('127.0.0.1', 'localhost'));

  assert.deepEqual(await query(), [{ n: 1 }]);
});

test('the host is found anew after each loss, back and forth', async (t) => {
  const { both, proxies } = await setup(t);
  const query = open(t, both);
  const isBack = () =>
    query().then(
      () => true,
      () => false,
    );
  await query();

  await proxies[0].leave();
  assert.ok(await waitUntil(isBack));
  await proxies[0].comeBack();
  await proxies[1].leave();
  assert.ok(await waitUntil(isBack));
});

test('the error names every host and why it is not used', async (t) => {
  const [one, two] = [await freePort(), await freePort()];
  const query = open(t, `postgres://postgres@127.0.0.1:${one},127.0.0.1:${two}/x`);

  await assert.rejects(query(), (error: Error) => {
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${one}: .*ECONNREFUSED.*; 127\\.0\\.0\\.1:${two}: `));
    return true;
  });
});

test('notices, migrations and the service use whichever host there is', async (t) => {
  const { both, proxies } = await setup(t);
  await proxies[0].leave();
  let isConnected = false;
  const onNotification = () => {
    isConnected = true;
  };
  const notifier = createNotifier({ connectionString: both, senderId: 'me', clock: systemClock, onNotification });
  t.after(() => notifier.stop());
  notifier.start();
  const receiver = await startTestService(t, { databaseUrl: both });

  assert.equal((await fetch(`${receiver.url}/readyz`)).status, 200);
  assert.ok(await waitUntil(async () => isConnected));
});
