/**
 * The heartbeat: Resurs is asked for a test callback, and only its arrival in Postgres counts. Service, Postgres and all
 * requests are real; Resurs is the fake one, and the Merchant API that of the tests.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { createHeartbeat } from '../../src/heartbeat/heartbeat.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { type MerchantApi, startMerchantApi } from '../harness/merchant-api.ts';
import { waitUntil } from '../harness/wait.ts';
import { validConfig } from '../helpers/config.ts';
import { DIGEST_KEY, injectFaultFor } from '../helpers/resurs.ts';
import { type ResursEndToEnd, setUpResursEndToEnd } from '../helpers/resurs-end-to-end.ts';
import { type LogLine, STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const TOKEN = 'a-token-of-the-tests-7Hq2-Lm5';
const DUE_AGAIN = `update jobs set started_at = started_at - interval '15 minutes', finished_at = null`;

interface Kept {
  readonly failed_in_row: number;
  readonly error: string | null;
  readonly result: Readonly<Record<string, { askedAt: string; arrivedAt: string | null; error: string | null }>>;
}

interface Fixture extends ResursEndToEnd {
  readonly api: MerchantApi;
  /** Lets so many replicas live until each has looked whether it is due, and a run has ended; returns what they logged and kept. */
  beat(options?: BeatOptions): Promise<{ readonly log: readonly LogLine[]; readonly kept: Kept }>;
}

interface BeatOptions {
  readonly env?: Record<string, string>;
  readonly replicas?: number;
  /** Short where nothing arrives. */
  readonly waitMs?: number;
}

/** A pool, and how many of its statements have ended. */
function countingDatabase(connectionString: string) {
  const db = openDatabase({ connectionString, poolSize: 4, onConnectionError: () => undefined });
  let answers = 0;
  const run: Database['run'] = async (query, signal) => {
    const rows = await db.run(query, signal);
    answers += 1;
    return rows;
  };
  return { db: { ...db, run }, answers: () => answers };
}

async function setup(t: TestContext): Promise<Fixture> {
  const api = await startMerchantApi();
  t.after(() => api.close());
  const settings = { DIGEST_KEY, MAPI_CALLBACK_PATHS: '/callbacks/mapi', MAPI_CALLBACK_TOKEN: TOKEN };
  const fixture = await setUpResursEndToEnd(t, settings);
  const { exitCode, errors } = await fixture.run(register, ['TEST', '--yes']);
  assert.equal(exitCode, 0, errors);
  const { service } = fixture;
  const account = { MAPI_CLIENT_ID: api.clientId, MAPI_CLIENT_SECRET: api.clientSecret, MAPI_URL: api.url };
  return {
    ...fixture,
    api,
    async beat({ env = {}, replicas = 1, waitMs = 30_000 } = {}) {
      const config = validConfig({ ...fixture.env, ...account, HEARTBEAT_INTERVAL: '15m', ...env });
      const { db, answers } = countingDatabase(service.databaseUrl);
      const log: LogLine[] = [];
      const logger = createLogger('info', { write: (line) => void log.push(JSON.parse(line)) });
      const all = Array.from({ length: replicas }, () =>
        createHeartbeat({ config, db, clock: systemClock, logger, waitMs }),
      );
      for (const one of all) one?.start();
      const hasEnded = async () => (await service.query('select from jobs where finished_at is not null')).length === 1;
      assert.ok(await waitUntil(async () => answers() >= replicas && (await hasEnded())));
      await Promise.all(all.map((one) => one?.stop()));
      await db.close();
      const [kept] = await service.query<Kept & Record<string, unknown>>('select * from jobs');
      assert.ok(kept !== undefined);
      return { log, kept };
    },
  };
}

test('a heartbeat of both interfaces arrives, once an interval over all replicas and restarts', async (t) => {
  const { beat, fakeResurs, api, service } = await setup(t);
  const asked = () => [
    fakeResurs.calls.filter(({ operation }) => operation === 'trigger').length,
    api.count('/v2/callbacks/test'),
  ];

  const { log, kept } = await beat({ replicas: 3 });

  assert.deepEqual(log.map(({ event, provider }) => [event, provider]).sort(), [
    ['heartbeat.arrived', 'resurs-ecom'],
    ['heartbeat.arrived', 'resurs-mapi'],
  ]);
  assert.deepEqual([kept.failed_in_row, kept.error], [0, null]);
  for (const one of Object.values(kept.result)) {
    assert.ok(Math.abs(Date.parse(one.arrivedAt ?? '') - Date.parse(one.askedAt)) < 60_000);
  }
  const events = await service.query('select callback, parameters from events order by sequence');
  assert.deepEqual(
    events.map(({ callback }) => callback),
    ['TEST', 'TEST'],
  );
  assert.ok(events.some(({ parameters }) => parameters.param3 === 'heartbeat'));

  // Restarts, before it is due.
  await beat({ replicas: 2 });
  assert.deepEqual(asked(), [1, 1]);

  await service.query(DUE_AGAIN);
  await beat({ replicas: 2 });
  assert.deepEqual(asked(), [2, 2]);
});

test('a heartbeat that does not arrive, or that cannot be asked for, has failed and says why', async (t) => {
  const { beat, fakeResurs, api, service, env } = await setup(t);
  const first = await beat();
  const arrivedAt = first.kept.result['resurs-ecom']?.arrivedAt;

  await t.test('Resurs says yes and sends nothing', async () => {
    fakeResurs.setQuirks({ faultOf: injectFaultFor('ignored', { operation: 'trigger' }) });
    await service.query(DUE_AGAIN);
    const { log, kept } = await beat({ waitMs: 300 });

    assert.equal(kept.failed_in_row, 1);
    assert.match(kept.error ?? '', /^eCom: Resurs took the request for a TEST, and none arrived within /);
    assert.equal(kept.result['resurs-ecom']?.arrivedAt, arrivedAt);
    assert.equal(kept.result['resurs-mapi']?.error, null);
    assert.deepEqual(log.map(({ event }) => event).sort(), ['heartbeat.arrived', 'heartbeat.failed']);
  });

  await t.test('both refuse the account', async () => {
    fakeResurs.setQuirks({ faultOf: injectFaultFor('unauthorised', { operation: 'trigger' }) });
    await service.query(DUE_AGAIN);
    const { log, kept } = await beat({ env: { MAPI_CLIENT_SECRET: 'another-secret' } });

    assert.equal(kept.failed_in_row, 2);
    assert.match(kept.error ?? '', /^eCom: .*HTTP 401.* Merchant API: .*401/);
    assert.ok(log.every(({ event }) => event === 'heartbeat.failed'));
  });

  await t.test('Resurs is away, and the test callback of the Merchant API reaches another server', async () => {
    fakeResurs.setQuirks({ faultOf: injectFaultFor('reset', { operation: 'trigger' }) });
    await service.query(DUE_AGAIN);
    const { kept } = await beat({ env: { PUBLIC_URL: api.url }, waitMs: 300 });

    assert.match(kept.error ?? '', /^eCom: .* Merchant API: The test callback did not arrive: Resurs reports FAILED/);
  });

  await t.test('the service shows it in /status and /metrics, and one that arrives resets it', async (t) => {
    await service.query(`update jobs set started_at = now()`);
    const replicaEnv = { ...env, HEARTBEAT_INTERVAL: '15m', PORT: '0', DATABASE_URL: service.databaseUrl };
    const replica = await startTestService(t, { env: replicaEnv, databaseUrl: service.databaseUrl });
    const { heartbeat } = (await replica.status('/status')).json as { heartbeat: Record<string, unknown> };
    const [job] = await service.query<Kept & Record<string, unknown>>('select * from jobs');
    const askedAt = Object.values(job?.result ?? {}).map((one) => one.askedAt);
    assert.deepEqual(heartbeat, {
      lastAskedAt: askedAt.sort().at(-1),
      lastArrivedAt: arrivedAt,
      roundTripMs: heartbeat.roundTripMs,
      failedInRow: 3,
      error: job?.error,
    });
    assert.ok(Number.isInteger(heartbeat.roundTripMs));
    const headers = { authorization: `Bearer ${STATUS_TOKEN}` };
    const metrics = await (await fetch(`${replica.service.urls.status}/metrics`, { headers })).text();
    assert.match(metrics, /^resurs_heartbeat_failures_in_row 3$/m);
    assert.ok(
      metrics.includes(`resurs_heartbeat_last_arrival_timestamp_seconds ${Date.parse(arrivedAt ?? '') / 1000}`),
    );
    assert.match(metrics, /^resurs_heartbeat_round_trip_seconds [0-9.]+$/m);

    fakeResurs.setQuirks({ faultOf: () => 'none' });
    await service.query(DUE_AGAIN);
    assert.equal((await beat()).kept.failed_in_row, 0);
  });

  const { heartbeat } = (await service.status('/status')).json as { heartbeat: unknown };
  assert.equal(heartbeat, null);
});

test('a stop ends a heartbeat that waits for Resurs, and the next process asks at once', async (t) => {
  const { beat, fakeResurs, service, env } = await setup(t);
  const config = validConfig({ ...env, HEARTBEAT_INTERVAL: '15m' });
  const { db } = countingDatabase(service.databaseUrl);
  const logger = createLogger('silent', { write: () => undefined });
  const triggers = () => fakeResurs.calls.filter(({ operation }) => operation === 'trigger').length;
  const heartbeat = createHeartbeat({ config, db, clock: systemClock, logger });
  fakeResurs.setQuirks({ faultOf: injectFaultFor('ignored', { operation: 'trigger' }) });

  heartbeat?.start();
  assert.ok(await waitUntil(async () => triggers() === 1));
  await heartbeat?.stop();
  await db.close();

  const jobs = await service.query('select holder, started_at, failed_in_row from jobs');
  assert.deepEqual(jobs, [{ holder: null, started_at: null, failed_in_row: 0 }]);
  fakeResurs.setQuirks({ faultOf: () => 'none' });
  assert.equal((await beat()).kept.error, null);
  assert.equal(triggers(), 2);
});
