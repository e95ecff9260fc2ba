/**
 * The command `reconcile`: what it stores and prints, its exit codes, and that it never runs beside another run. The parts
 * are scripted; database, lock and events are real.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { createReconcileCommand, reconcile } from '../../src/commands/reconcile/reconcile.ts';
import { finishJob, readJobs, takeJob } from '../../src/db/leader-lock.ts';
import type { ProviderPart } from '../../src/reconciliation/run.ts';
import type { MissedPayment } from '../../src/reconciliation/to-event.ts';
import { DIGEST_KEY } from '../helpers/config.ts';
import { createTestOutbox } from '../helpers/outbox.ts';
import { missedPayment, scriptedPart, scriptedParts, UNREACHABLE } from '../helpers/reconciliation.ts';
import { runCommand } from '../helpers/run-command.ts';

const ENV = { DIGEST_KEY, PUBLIC_URL: 'https://pay.shop.example' };

async function setup(t: TestContext, ...parts: readonly ProviderPart[]) {
  const { db, url, query } = await createTestOutbox(t);
  return {
    db,
    events: () => query<{ payment_id: string }>('select payment_id from events order by sequence'),
    counted: () => query('select name, count::int from hourly_counts'),
    async job() {
      return (await readJobs(db)).get('reconciliation');
    },
    run(args: readonly string[] = [], rest: Parameters<typeof runCommand>[3] = {}) {
      const command = createReconcileCommand(() => scriptedParts(...parts));
      return runCommand(command, args, { ...ENV, DATABASE_URL: url }, rest);
    },
  };
}

const ECOM = scriptedPart([missedPayment('100000016', ['booked', 'annulled'])], { others: ['reported', 'too_young'] });
const MAPI = scriptedPart(
  [{ ...missedPayment('b0a6a5ae-8d8a-4d4a-9a1e-000000000001', ['captured']), provider: 'resurs-mapi' }],
  { provider: 'resurs-mapi' },
);

test('what is missed is stored and printed, and a second run finds nothing new', async (t) => {
  const { run, events, counted, job } = await setup(t, ECOM, MAPI);

  const first = await run();
  const second = await run();

  assert.deepEqual([first.exitCode, first.errors], [0, '']);
  assert.equal(
    first.out.replaceAll(/evt_[0-9a-f-]{36}/g, 'evt_…').replaceAll(/─+/g, '─'),
    [
      'At Resurs (test)',
      'provider     checked  reported  missed  not ours  too young  failed',
      '─  ─  ─  ─  ─  ─  ─',
      'resurs-ecom        3         1       1         0          1       0',
      'resurs-mapi        1         0       1         0          0       0',
      '',
      'Missed, and reported to the merchant now:',
      'payment                               missed            event',
      '─  ─  ─',
      '100000016                             booked, annulled  evt_…',
      'b0a6a5ae-8d8a-4d4a-9a1e-000000000001  captured          evt_…',
    ].join('\n'),
  );
  assert.match(second.out, /\n\nNothing was missed of what could be judged\.$/);
  assert.equal((await events()).length, 2);
  assert.deepEqual(await counted(), [{ name: 'payment.reconciled', count: 2 }]);
  const { failedInRow, result } = (await job()) ?? {};
  assert.deepEqual([failedInRow, result?.missed, result?.reported], [0, 0, 3]);
});

test('a dry run stores nothing, and needs no lock', async (t) => {
  const { run, events, job, db } = await setup(t, ECOM);
  await takeJob(db, { name: 'reconciliation', holder: randomUUID(), leaseMs: 60_000, intervalMs: 0 });
  const before = await job();

  const { exitCode, out } = await run(['--dry-run']);

  assert.equal(exitCode, 0);
  assert.match(out, /\nMissed, and not reported in a dry run:\n/);
  assert.deepEqual([await events(), await job()], [[], before]);
});

test('with --json one document has everything', async (t) => {
  const { run } = await setup(t, ECOM);

  const { exitCode, out } = await run(['--json']);

  const { payments, providers, ...figures } = JSON.parse(out);
  assert.equal(exitCode, 0);
  assert.deepEqual(figures, {
    environment: 'test',
    dryRun: false,
    checked: 3,
    reported: 1,
    missed: 1,
    notOurs: 0,
    tooYoung: 1,
    failed: 0,
    later: 0,
    clockDifferenceMs: 0,
    error: null,
  });
  assert.deepEqual([providers.length, providers[0].provider], [1, 'resurs-ecom']);
  assert.match(payments[0].eventId, /^evt_/);
  assert.deepEqual(payments[0].missed, ['booked', 'annulled']);
});

test('where Resurs cannot be asked, the table is printed and the command exits 1', async (t) => {
  const { run, job } = await setup(t, scriptedPart([], { result: UNREACHABLE }), MAPI);

  const { exitCode, out, errors } = await run();

  assert.equal(exitCode, 1);
  assert.match(out, /\nresurs-mapi {8}1/);
  const nothing = await run();
  assert.match(nothing.out, /\n\nNothing was missed of what could be judged\.$/);
  assert.equal(errors, 'Not complete: SOAP findPayments: connect ECONNREFUSED. The next run goes on from there.');
  assert.equal((await job())?.failedInRow, 2);
});

test('a clock that differs by a minute or more is said', async (t) => {
  const { run } = await setup(t, scriptedPart([], { result: { outcome: 'done', clockDifferenceMs: -75_000 } }));

  assert.match((await run()).out, /\nThe clock of resurs-ecom is 75 s behind that of this machine/);
});

test('at most 50 payments are listed, and at most 500 reported', async (t) => {
  const many = Array.from({ length: 503 }, (_, n): MissedPayment => missedPayment(`order-${n}`, ['annulled']));
  const { run, events } = await setup(t, scriptedPart(many));

  const { exitCode, out } = await run();

  assert.equal(exitCode, 0);
  assert.equal(out.match(/^order-/gm)?.length, 50);
  assert.match(out, /\nand 450 more\n\n3 more are for the next run: one reports at most 500\.$/);
  assert.equal((await events()).length, 500);
});

test('a name that an order has cannot write on the terminal', async (t) => {
  const { run } = await setup(t, scriptedPart([missedPayment('x\u001b[2Jy', ['annulled'])]));

  assert.ok(!(await run()).out.includes('\u001b'));
});

test('on a screen a line shows how far the run is, and is removed at the end', async (t) => {
  const { run } = await setup(t, ECOM);
  const shown: string[] = [];

  await run([], { isScreen: true, showProgress: (line) => void shown.push(line) });

  assert.deepEqual(shown, ['resurs-ecom: 1 payments checked, 0 missed', '']);
});

test('while a replica reconciles the command waits, says so, and then runs', async (t) => {
  const { run, events, db } = await setup(t, ECOM);
  const holder = randomUUID();
  await takeJob(db, { name: 'reconciliation', holder, leaseMs: 60_000, intervalMs: 0 });

  const running = run();
  await finishJob(db, { name: 'reconciliation', holder }, { outcome: 'succeeded', result: null });
  const { exitCode, errors } = await running;

  assert.equal(exitCode, 0);
  assert.ok(errors === '' || errors === 'A replica is reconciling now; waiting for it up to a minute.', errors);
  assert.equal((await events()).length, 1);
});

test('a stop ends the run, which another one can do at once', async (t) => {
  const stop = new AbortController();
  const part: ProviderPart = {
    provider: 'resurs-ecom',
    check: ({ signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        stop.abort();
      }),
  };
  const { run, job } = await setup(t, part);

  const { exitCode, out, errors } = await run([], { stop: stop.signal });

  assert.deepEqual([exitCode, out, errors], [1, '', 'Stopped on request.']);
  const { isRunning, failedInRow } = (await job()) ?? {};
  assert.deepEqual([isRunning, failedInRow], [false, 0]);
});

test('a stop while the command waits for a replica ends it', async (t) => {
  const stop = new AbortController();
  const { run, db } = await setup(t, ECOM);
  await takeJob(db, { name: 'reconciliation', holder: randomUUID(), leaseMs: 60_000, intervalMs: 0 });

  const ended = run([], { stop: stop.signal });
  stop.abort();

  assert.match((await ended).errors, /Stopped on request\.$/);
});

test('a time to begin at reaches the parts', async (t) => {
  const since: (Date | null)[] = [];
  const part: ProviderPart = {
    provider: 'resurs-ecom',
    check: async (options) => {
      since.push(options.since);
      return { outcome: 'done', clockDifferenceMs: null };
    },
  };
  const { run } = await setup(t, part);

  await run(['--since', '2026-11-20T12:00']);
  await run();

  assert.deepEqual(since, [new Date('2026-11-20T12:00:00Z'), null]);
});

for (const [text, problem] of [
  ['yesterday', '--since is no date and time'],
  ['9999-01-01', '--since lies in the future'],
] as const) {
  test(`--since ${text} is wrong usage`, async () => {
    const { exitCode, errors } = await runCommand(reconcile, ['--since', text]);

    assert.deepEqual([exitCode, errors.startsWith(problem)], [64, true]);
  });
}

test('without an account at Resurs the command exits 78 with the fix', async () => {
  const { exitCode, errors } = await runCommand(reconcile, [], { ...ENV, DATABASE_URL: 'postgres://nowhere' });

  assert.equal(exitCode, 78);
  assert.match(errors, /RESURS_USERNAME.*MAPI_CLIENT_ID/);
});

test('without a database the command says so, and asks nothing', async () => {
  const part: ProviderPart = { provider: 'resurs-ecom', check: () => assert.fail('asked') };
  const command = createReconcileCommand(() => scriptedParts(part));

  const none = await runCommand(command, [], { ...ENV, DATA_DIR: '/nonexistent/receiver-data' });
  const away = await runCommand(command, [], { ...ENV, DATABASE_URL: 'postgres://receiver@127.0.0.1:1/none' });

  assert.deepEqual([none.exitCode, away.exitCode], [1, 1]);
  assert.match(none.errors, /^No service runs here/);
  assert.match(away.errors, /^The database query failed: ECONNREFUSED/);
});
