/**
 * Texts from outside that Postgres or JSON cannot hold, in what the alerts are made of. One of them must not end the looks:
 * then no alert at all would be raised. Real Postgres.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createAlerts } from '../../src/alerts/alerts.ts';
import { runAsLeader } from '../../src/db/job.ts';
import { type JobOutcome, readJobs } from '../../src/db/leader-lock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { printable } from '../../src/lib/printable.ts';
import { waitUntil } from '../harness/wait.ts';
import { configOf, createAlertsWorld, NEVER } from '../helpers/alerts.ts';

const ENV = {
  RECONCILE_INTERVAL: '5m',
  RESURS_USERNAME: 'shop',
  RESURS_PASSWORD: 'a-password-of-the-tests',
  PUBLIC_URL: 'https://pay.shop.example',
};

async function setup(t: TestContext) {
  const world = await createAlertsWorld(t);
  const replica = world.replica(ENV);
  const run = (name: 'reconciliation' | 'certificate_check', ended: JobOutcome) =>
    runAsLeader({ name, db: replica.db, run: async () => ended }, 0, NEVER);
  const messages = () =>
    world.query<{ name: string; message: string }>('select name, message from alerts order by name');
  return { world, replica, run, messages };
}

test('a text is cut between two characters, never within one', () => {
  assert.equal(printable(`${'x'.repeat(119)}😀 and more`), `${'x'.repeat(119)}…`);
  assert.equal(printable(`${'x'.repeat(118)}😀 and more`), `${'x'.repeat(118)}😀…`);
  assert.equal(printable('half \uD83D of it'), 'half \uFFFD of it');
});

test('an error whose cut falls into a character, or which has a NUL, is told like any other', async (t) => {
  const { replica, run, messages } = await setup(t);
  const failed = (error: string) => run('reconciliation', { outcome: 'failed', error, result: null });
  for (const error of [`${'x'.repeat(119)}😀 and more`, 'a\0b']) {
    await failed(error);
    await failed(error);
    await replica.onlyLookAt(0);
  }

  const [alert] = await messages();

  assert.equal(alert?.name, 'reconciliation_failed');
  assert.match(alert?.message ?? '', /4 times in a row\. The reason: a\uFFFDb\./);
  assert.equal((await readJobs(replica.db)).get('reconciliation')?.error, 'a\uFFFDb');
});

test('a finding with a NUL or half a character holds up no other alert', async (t) => {
  const { replica, run, messages } = await setup(t);
  await run('certificate_check', {
    outcome: 'succeeded',
    result: { problem: 'issued by A\0B \uD83D', fix: 'Renew\0 it.' },
  });
  const failed: JobOutcome = { outcome: 'failed', error: 'no response', result: null };
  for (let runs = 0; runs < 2; runs += 1) await run('reconciliation', failed);

  await replica.onlyLookAt(0);

  const found = await messages();
  assert.deepEqual(
    found.map(({ name }) => name),
    ['certificate_expiring', 'reconciliation_failed'],
  );
  assert.match(found[0]?.message ?? '', /issued by A\uFFFDB \uFFFD/);
});

test('a look that fails is in the log', async (t) => {
  const { world, replica } = await setup(t);
  await world.query('alter table webhook_outages rename to elsewhere');
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const config = configOf({ ...ENV, PUBLIC_URL: '' });
  const alerts = createAlerts({
    config,
    db: replica.db,
    clock: systemClock,
    logger,
    breakerState: null,
    firstLookAfterMs: 0,
  });
  alerts.start();
  t.after(alerts.stop);

  await waitUntil(async () => lines.length > 0);

  const [{ event, job, reason } = {}] = lines;
  assert.deepEqual([event, job], ['alert.check_failed', 'alerts']);
  assert.match(String(reason), /42P01/);
});
