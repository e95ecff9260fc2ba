/**
 * The daily checks and what replicas tell each other: registrations at a fake Resurs, a certificate behind a real TLS
 * listener, and the rows of a webhook that is down. Real Postgres.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { checkPublicCertificate } from '../../src/alerts/certificate-check.ts';
import { createReporter } from '../../src/alerts/outage-report.ts';
import { checkRegistrations } from '../../src/alerts/registration-check.ts';
import { unregister } from '../../src/commands/unregister.ts';
import { openDatabase } from '../../src/db/client.ts';
import { type BreakerState, CLOSED } from '../../src/deliveries/circuit-breaker.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { configOf, createAlertsWorld, NEVER } from '../helpers/alerts.ts';
import { makeSelfSigned } from '../helpers/certificates.ts';
import { setUpDoctor } from '../helpers/doctor-context.ts';
import { NAME, startSite } from '../helpers/doctor-site.ts';
import { runCommand } from '../helpers/run-command.ts';

const AS_CONFIGURED = { outcome: 'succeeded', result: { problem: null } };

test('registrations that differ are named; what cannot be read changes nothing', async (t) => {
  const { env, service, fakeResurs } = await setUpDoctor(t);
  const db = openDatabase({ connectionString: service.databaseUrl, poolSize: 1, onConnectionError: () => undefined });
  t.after(() => db.close());
  const check = (changes: Record<string, string> = {}) =>
    checkRegistrations({ config: configOf({ ...env, ...changes }), db, clock: systemClock }, NEVER);

  assert.deepEqual(await check(), AS_CONFIGURED);
  assert.deepEqual(
    await check({ PUBLIC_URL: 'https://other.shop.example' }).then(({ outcome, result }) => [
      outcome,
      String(Object(result).problem).slice(0, 37),
    ]),
    ['succeeded', 'BOOKED: leads to another address; UPD'],
  );
  await runCommand(unregister, ['UNFREEZE', '--yes'], env);
  assert.deepEqual(await check(), {
    outcome: 'succeeded',
    result: { problem: 'UNFREEZE: not registered: its callbacks are not sent.' },
  });
  await fakeResurs.stop();
  const { outcome, result } = await check();
  assert.deepEqual([outcome, result], ['failed', null]);
});

test('a certificate that is trusted and fresh is no problem, a self-signed one is', async (t) => {
  const good = await startSite(t);
  const bad = await startSite(t, { tls: () => makeSelfSigned(NAME) });

  assert.deepEqual(await checkPublicCertificate(good.context, NEVER), AS_CONFIGURED);
  const found = await checkPublicCertificate(bad.context, NEVER);
  assert.equal(found.outcome, 'succeeded');
  assert.match(String(Object(found.result).problem), /self-signed/);
  assert.match(String(Object(found.result).fix), /public authority/);
});

test('a certificate that cannot be looked at is a failed check', async (t) => {
  const { context } = await startSite(t, { a: { outcome: 'unreachable', error: 'ETIMEOUT' } });

  const { outcome, result } = await checkPublicCertificate(context, NEVER);

  assert.deepEqual([outcome, result], ['failed', null]);
});

test('a replica writes its outage when it begins and once a minute, and removes it when it ends', async (t) => {
  const world = await createAlertsWorld(t);
  const { db } = world.replica();
  let nowMs = 1_000_000;
  let state: BreakerState = CLOSED;
  const options = { db, replica: randomUUID(), clock: { elapsed: () => nowMs }, logger: null as never };
  const report = createReporter({ ...options, breakerState: () => state });
  const rows = () =>
    world.query<{ seconds: number; error: string; replica: string }>(
      'select round(extract(epoch from seen_at - since))::int as seconds, error, replica from webhook_outages',
    );
  // A replica that ended long ago.
  await world.query(
    "insert into webhook_outages values (gen_random_uuid(), now() - interval '1 day', 'x', now() - interval '1 hour')",
  );

  await report();
  assert.equal((await rows()).length, 1);
  state = { ...CLOSED, probe: { delayMs: 1, dueAtMs: 0 }, openSinceMs: nowMs - 30_000, lastError: 'HTTP 500\nx' };
  await report();
  const [first, ...others] = await rows();
  assert.deepEqual([first?.seconds, first?.error, others.length], [30, 'HTTP 500 x', 0]);
  nowMs += 59_999;
  await report();
  assert.equal((await rows())[0]?.seconds, 30);
  nowMs += 1;
  await report();
  assert.equal((await rows())[0]?.seconds, 90);
  state = CLOSED;
  await report();
  assert.deepEqual(await rows(), []);
});
