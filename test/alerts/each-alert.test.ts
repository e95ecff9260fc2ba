/**
 * Each of the ten alerts fires and resolves, with its post and its log lines: a real database, a real receiver, and
 * times that the test says. What is observed is written by the program's own code where it has some.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { ALERTS, type AlertName } from '../../src/alerts/alert.ts';
import { createReporter } from '../../src/alerts/outage-report.ts';
import { runAsLeader } from '../../src/db/job.ts';
import type { JobName, JobOutcome } from '../../src/db/leader-lock.ts';
import { CLOSED } from '../../src/deliveries/circuit-breaker.ts';
import { type AlertsWorld, createAlertsWorld, NEVER, type Replica } from '../helpers/alerts.ts';
import { type Merchant, startMerchant } from '../helpers/merchant.ts';
import { WEBHOOK_SECRET } from '../helpers/service.ts';

interface Parts {
  readonly world: AlertsWorld;
  readonly replica: Replica;
}

interface Case {
  readonly alert: AlertName;
  readonly env?: Record<string, string>;
  /** Makes it true at minute 0. */
  begin(parts: Parts): Promise<unknown>;
  /** Makes it untrue, by an act or by the time; returns the minute of the first clean look. */
  end(parts: Parts): Promise<number>;
}

const WEBHOOK = { WEBHOOK_URL: 'https://shop.example/webhook', WEBHOOK_SECRET };
const ACCOUNT = { RESURS_USERNAME: 'shop', RESURS_PASSWORD: 'a-password-of-the-tests' };
const PUBLIC = { PUBLIC_URL: 'https://pay.shop.example' };
const DAY = 1_440;

const EVENT = `
  insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
  values ($1::uuid, $1::uuid::text, case when $2 not in ('TEST', 'PASSWORD_EXPIRATION') then $1::uuid::text end, $2, $3, 'GET', '{}', $4, '{}') returning sequence`;

async function addEvent({ query }: AlertsWorld, callback: string, at: Date, type = 'payment.booked'): Promise<number> {
  const [row] = await query<{ sequence: string }>(EVENT, [randomUUID(), callback, type, at]);
  return Number(row?.sequence);
}

const run = (db: Replica['db'], name: JobName, ended: JobOutcome) =>
  runAsLeader({ name, db, run: async () => ended }, 0, NEVER);
const failing: JobOutcome = { outcome: 'failed', error: 'no response within 5000 ms', result: null };
const found = (problem: string | null): JobOutcome => ({ outcome: 'succeeded', result: { problem, fix: 'Renew it.' } });

/** A job whose outcome the rules read. */
function byJob(name: JobName, bad: readonly JobOutcome[], good: JobOutcome) {
  return {
    async begin({ replica: { db } }: Parts) {
      for (const ended of bad) await run(db, name, ended);
    },
    async end({ replica: { db } }: Parts) {
      await run(db, name, good);
      return 1;
    },
  };
}

const CASES: readonly Case[] = [
  {
    alert: 'webhook_down',
    env: WEBHOOK,
    async begin({ replica: { db } }) {
      const open = { ...CLOSED, probe: { delayMs: 1, dueAtMs: 0 }, openSinceMs: 0, lastError: 'HTTP 500' };
      const clock = { elapsed: () => 6 * 60_000 };
      const logger = null as never;
      await createReporter({ db, replica: randomUUID(), clock, breakerState: () => open, logger })();
    },
    // The replica ended without a word, as after kill -9.
    end: async () => 4,
  },
  {
    alert: 'dead_letters',
    begin: async ({ world }) => {
      const sequence = await addEvent(world, 'BOOKED', world.start);
      await world.query('insert into dead_letters (sequence) values ($1)', [sequence]);
    },
    async end({ world }) {
      await world.query('delete from dead_letters');
      return 1;
    },
  },
  {
    alert: 'silence',
    env: { SILENCE_HOURS: '26' },
    async begin({ world }) {
      await addEvent(world, 'BOOKED', world.timeAt(-27 * 60));
      // Neither of these proves that Resurs calls by itself.
      await addEvent(world, 'TEST', world.start, 'callback.test');
      await addEvent(world, 'RECONCILIATION', world.timeAt(-25 * 60), 'payment.reconciled');
    },
    async end({ world }) {
      // A repeat counts as well.
      await world.query(
        `insert into receipts (event_id, count, last_at) select id, 2, $1 from events where callback = 'BOOKED'`,
        [world.start],
      );
      return 1;
    },
  },
  {
    alert: 'reconciliation_failed',
    env: { ...ACCOUNT, RECONCILE_INTERVAL: '15m' },
    ...byJob('reconciliation', [failing, failing], { outcome: 'succeeded', result: {} }),
  },
  {
    alert: 'password_expiring',
    begin: ({ world }) => addEvent(world, 'PASSWORD_EXPIRATION', world.start, 'account.password_expiring'),
    end: async () => 7 * DAY,
  },
  {
    alert: 'delivery_delayed',
    env: WEBHOOK,
    async begin({ world }) {
      const at = world.timeAt(-31);
      const sequence = await addEvent(world, 'BOOKED', at);
      await world.query(`insert into outbox (sequence, payment_key, state, wake_at) values ($1, 'p', 'pending', $2)`, [
        sequence,
        at,
      ]);
    },
    async end({ world }) {
      await world.query('delete from outbox');
      return 1;
    },
  },
  {
    alert: 'heartbeat_failed',
    env: { ...ACCOUNT, HEARTBEAT_INTERVAL: '1h' },
    ...byJob('heartbeat', [failing, failing], { outcome: 'succeeded', result: {} }),
  },
  {
    alert: 'missed_callbacks',
    begin: ({ world }) => addEvent(world, 'RECONCILIATION', world.start, 'payment.reconciled'),
    end: async () => DAY,
  },
  {
    alert: 'registration_drift',
    env: { ...ACCOUNT, ...PUBLIC },
    ...byJob('registration_check', [found('BOOKED: leads to another address.'), failing], found(null)),
  },
  { alert: 'certificate_expiring', env: PUBLIC, ...byJob('certificate_check', [found('It expired.')], found(null)) },
];

async function setup(t: TestContext): Promise<{ readonly world: AlertsWorld; readonly receiver: Merchant }> {
  return { world: await createAlertsWorld(t), receiver: await startMerchant(t) };
}

const TABLES = 'events, outbox, dead_letters, receipts, jobs, alerts, alert_posts, webhook_outages';

test('each alert fires, is posted, and resolves', { timeout: 120_000 }, async (t) => {
  const { world, receiver } = await setup(t);
  for (const { alert, env = {}, begin, end } of CASES) {
    await t.test(alert, async () => {
      await world.query(`truncate ${TABLES} cascade`);
      const replica = world.replica({ ALERT_URL: receiver.url, ...env });
      const before = receiver.received.length;

      await replica.lookAt(0);
      assert.equal(receiver.received.length, before, 'calm at first');
      await begin({ world, replica });
      await replica.lookAt(0.5);
      const clean = await end({ world, replica });
      for (const minute of [clean, clean + 4, clean + 5]) await replica.lookAt(minute);

      const posts = receiver.received.slice(before).map(({ body }) => JSON.parse(body));
      // An alert that lasts for days is posted again.
      const told = posts.map(({ alert: name, state, severity }) => [name, state, severity]);
      const { severity } = ALERTS[alert];
      assert.deepEqual(told, [
        [alert, 'firing', severity],
        [alert, 'resolved', severity],
      ]);
      assert.equal(posts[0].id, posts[1].id);
      assert.match(posts[0].text, /^\[(CRITICAL|WARNING)\] .* More in docs\/runbook\.md, section \w+\.$/);
      assert.deepEqual(
        replica.log.map(({ event, alert: name }) => [event, name]),
        [
          ['alert.firing', alert],
          ['alert.resolved', alert],
        ],
      );
    });
  }
});
