/**
 * The alerts of whole processes: jobs that run by themselves on one database, a webhook that is down for one of them, and
 * what the status API, the metrics and the command show. Real Postgres, real HTTP and real time.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createAlerts } from '../../src/alerts/alerts.ts';
import { alerts as alertsCommand } from '../../src/commands/alerts.ts';
import { openDatabase } from '../../src/db/client.ts';
import { CLOSED } from '../../src/deliveries/circuit-breaker.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { waitUntil } from '../harness/wait.ts';
import { configOf } from '../helpers/alerts.ts';
import { DIGEST_KEY } from '../helpers/config.ts';
import { sendCallback, waitForLine, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { parseScrape } from '../helpers/prometheus.ts';
import { runCommand } from '../helpers/run-command.ts';
import { queryOnce, startTestService, WEBHOOK_SECRET } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

const NO_LOG = createLogger('silent', { write: () => undefined });

/** Starts the alerts of one process, whose webhook has been down for six minutes. */
function startAlerts(t: TestContext, url: string, env: Record<string, string>) {
  const db = openDatabase({ connectionString: url, poolSize: 2, onConnectionError: () => undefined });
  const openSinceMs = systemClock.elapsed() - 360_000;
  const open = { ...CLOSED, probe: { delayMs: 1, dueAtMs: 0 }, openSinceMs, lastError: 'HTTP 500' };
  const alerts = createAlerts({
    config: configOf({ WEBHOOK_URL: 'https://shop.example/webhook', WEBHOOK_SECRET, ...env }),
    db,
    clock: systemClock,
    logger: NO_LOG,
    breakerState: () => open,
    firstLookAfterMs: 0,
  });
  alerts.start();
  t.after(async () => {
    await alerts.stop();
    await db.close();
  });
  return alerts;
}

test('two processes whose webhook is down report it, and one of them posts it', async (t) => {
  const { url } = await createDatabase(t);
  const receiver = await startMerchant(t);
  const env = { ALERT_URL: receiver.url };
  await queryOnce(url, `insert into webhook_outages values ($1, now() - interval '6 minutes', 'HTTP 500', now())`, [
    randomUUID(),
  ]);

  const [first, second] = [startAlerts(t, url, env), startAlerts(t, url, env)];
  await receiver.waitFor(1);
  await waitUntil(async () => (await queryOnce(url, 'select from webhook_outages')).length === 3);
  await Promise.all([first.stop(), second.stop()]);

  assert.equal(receiver.received.length, 1);
  assert.deepEqual(
    await queryOnce(
      url,
      'select state, finished_at is not null as posted, status from alerts join alert_posts using (name)',
    ),
    [{ state: 'firing', posted: true, status: 204 }],
  );
});

test('the service tells the other replicas that its webhook is down', async (t) => {
  const shop = await startMerchant(t);
  shop.answerWith(status(500));
  const receiver = await startTestService(t, { env: webhookEnv(shop.url, { WEBHOOK_RETRY_SCHEDULE: '1h' }) });
  for (const paymentId of ['p-1', 'p-2', 'p-3', 'p-4', 'p-5']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForLine(receiver, 'webhook.down');

  const rows = () => receiver.query('select error from webhook_outages');
  assert.ok(await waitUntil(async () => (await rows()).length === 1));

  assert.deepEqual(await rows(), [{ error: 'HTTP 500' }]);
});

const FIRING = `
  insert into alerts (name, edge_id, state, severity, since, until, last_true_at, posted_at, message, fix) values
    ('silence', gen_random_uuid(), 'firing', 'critical', '2026-11-30T10:00Z', null, now(), now(), 'No callback.', 'Look.'),
    ('missed_callbacks', gen_random_uuid(), 'resolved', 'warning', now() - interval '3 days', now() - interval '2 days', now(), now(), 'm', 'f'),
    ('webhook_down', gen_random_uuid(), 'resolved', 'critical', now() - interval '40 days', now() - interval '31 days', now(), now(), 'm', 'f')`;

test('the status API, the metrics and the command show what fires, and what ended in the last 30 days', async (t) => {
  const receiver = await startTestService(t);
  await receiver.query(FIRING);

  const { json } = await receiver.status('/alerts');
  const { samples } = parseScrape((await requestStatusApi(receiver, 'GET', '/metrics')).body);
  const env = { DIGEST_KEY, DATABASE_URL: receiver.databaseUrl };
  const asText = await runCommand(alertsCommand, [], env);
  const asJson = await runCommand(alertsCommand, ['--json'], env);

  const { alerts }: { alerts: Record<string, unknown>[] } = json;
  assert.deepEqual(alerts[0], {
    name: 'silence',
    severity: 'critical',
    state: 'firing',
    since: '2026-11-30T10:00:00.000Z',
    until: null,
    message: 'No callback.',
    fix: 'Look.',
  });
  assert.deepEqual(
    alerts.map(({ name }) => name),
    ['silence', 'missed_callbacks'],
  );
  assert.deepEqual(JSON.parse(asJson.out), json);
  const gauges = [...samples].filter(([name]) => name.startsWith('resurs_alert{'));
  assert.equal(gauges.length, 10);
  assert.deepEqual(
    gauges.filter(([, value]) => value === 1),
    [['resurs_alert{name="silence"}', 1]],
  );
  assert.equal(asText.exitCode, 0);
  assert.match(asText.out, /^silence +critical +firing +2026-11-30 10:00 UTC$/m);
  assert.match(asText.out, /^silence: No callback\.\n {2}Look\.$/m);
});

test('the command says that nothing fires, and what is missing without a database', async (t) => {
  const { url } = await createDatabase(t);

  const calm = await runCommand(alertsCommand, [], { DIGEST_KEY, DATABASE_URL: url });
  const none = await runCommand(alertsCommand, [], { DIGEST_KEY, DATA_DIR: '/nonexistent' });

  assert.deepEqual([calm.exitCode, calm.out], [0, 'No alert fires, and none did in the last 30 days.']);
  assert.equal(none.exitCode, 1);
  assert.match(none.errors, /DATABASE_URL is not set.*Start serve first/);
});

test('a test is kept with its outcome, and a database that cannot keep it changes neither post nor outcome', async (t) => {
  const { url } = await createDatabase(t);
  const receiver = await startMerchant(t);
  const env = { DIGEST_KEY, ALERT_URL: `${receiver.url}/secret-path` };
  receiver.answerWith(status(404, {}, 'no such hook'));

  const refused = await runCommand(alertsCommand, ['--test'], { ...env, DATABASE_URL: url });
  receiver.answerWith(status(200, {}, 'ok'));
  const nowhere = 'postgres://nobody@127.0.0.1:1/none';
  const away = await runCommand(alertsCommand, ['--test', '--json'], { ...env, DATABASE_URL: nowhere });

  assert.deepEqual([refused.exitCode, away.exitCode, receiver.received.length], [1, 0, 2]);
  assert.equal(JSON.parse(away.out).outcome, 'accepted');
  assert.match(away.errors, /^The database does not keep that the test was sent: .+\.$/m);
  assert.deepEqual(await queryOnce(url, 'select action, operator, detail from actions'), [
    {
      action: 'alert.tested',
      operator: 'receiver alerts',
      detail: { format: 'json', outcome: 'refused', status: 404 },
    },
  ]);
});

test('a test is posted once, marked, and its answer printed without the URL', async (t) => {
  const receiver = await startMerchant(t);
  const env = { DIGEST_KEY, ALERT_URL: `${receiver.url}/secret-path` };
  receiver.answerWith(status(200, {}, 'ok\nmore'));

  const accepted = await runCommand(alertsCommand, ['--test'], env);
  receiver.answerWith(status(404, {}, 'no such hook'));
  const refused = await runCommand(alertsCommand, ['--test'], env);
  const asJson = await runCommand(alertsCommand, ['--test', '--json'], env);
  const unset = await runCommand(alertsCommand, ['--test'], { DIGEST_KEY });

  assert.equal(accepted.exitCode, 0);
  assert.match(accepted.out, /^127\.0\.0\.1:\d+ \(format json\) has accepted the test: 200: ok more$/m);
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.errors,
    /has not accepted the test: answered 404: no such hook\nCheck ALERT_URL, ALERT_FORMAT and ALERT_AUTHORIZATION\.$/,
  );
  assert.deepEqual(JSON.parse(asJson.out), { format: 'json', outcome: 'refused', status: 404, answer: 'no such hook' });
  assert.equal(unset.exitCode, 78);
  assert.match(unset.errors, /ALERT_URL/);
  assert.ok(![accepted, refused].some(({ out, errors }) => `${out}${errors}`.includes('secret-path')));
  const [post] = receiver.received;
  assert.match(JSON.parse(post?.body ?? '').message, /^This is a test of the alerts of /);
  assert.equal(receiver.received.length, 3);
});
