/**
 * The command `replay` on the database of a running service: which deliveries it replays, what it prints where, and its
 * exit codes. Run in this process with a terminal that records its output, and once as a process of its own.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { replay } from '../../src/commands/replay.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { sendCallback, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { runProgram } from '../helpers/program.ts';
import { replayedPayments, resetReplays } from '../helpers/replays.ts';
import { startTestService } from '../helpers/service.ts';

/** With it nothing is warned about. */
const DIGEST_KEY = 'k7Qm2xVt9RbLw4ZsYc8NpJd5HfGa3Tue';
/** An https one, so that nothing is warned about. */
const PUBLIC_URL = 'https://pay.shop.example';

function terminalWith(env: Record<string, string>) {
  const printed: string[] = [];
  const errors: string[] = [];
  const terminal = {
    env,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
  };
  return { printed, errors, run: (...args: string[]) => replay.run(args, terminal) };
}

async function setup(t: TestContext) {
  const receiver = await startTestService(t);
  await seedEvents(receiver, { count: 2, payment: 'new' });
  await seedEvents(receiver, { count: 1, payment: 'new-dead', state: 'dead_letter' });
  await seedEvents(receiver, {
    count: 1,
    payment: 'old-dead',
    state: 'dead_letter',
    ageDays: 10,
    type: 'payment.booked',
  });
  await seedEvents(receiver, { count: 1, payment: 'waiting', state: 'pending' });
  const env = { DATABASE_URL: receiver.databaseUrl, DIGEST_KEY, PUBLIC_URL };
  return { receiver, env, ...terminalWith(env) };
}

const DAY_MS = 86_400_000;
const FIVE_DAYS_AGO = new Date(Date.now() - 5 * DAY_MS).toISOString();

const CASES: readonly [args: string[], payments: string[]][] = [
  [
    ['--state', 'dead_letter'],
    ['new-dead-1', 'old-dead-1'],
  ],
  [['--state=delivered'], ['new-1', 'new-2']],
  [['--payment-id', 'new-2'], ['new-2']],
  [['--order-reference', 'new-2'], ['new-2']],
  [['--order-reference', 'new-2', '--provider', 'resurs-mapi'], []],
  [
    ['--state', 'delivered', '--provider', 'resurs-ecom'],
    ['new-1', 'new-2'],
  ],
  [['--from', FIVE_DAYS_AGO, '--state', 'dead_letter'], ['new-dead-1']],
  [['--from', '2020-01-01', '--to', FIVE_DAYS_AGO], ['old-dead-1']],
  [['--state', 'dead_letter', '--type', 'payment.booked'], ['old-dead-1']],
  [['--state', 'delivered', '--reason', 'refused'], []],
  [
    ['--from', '2020-01-01', '--reason', 'refused'],
    ['new-dead-1', 'old-dead-1'],
  ],
  [['--payment-id', 'new-1', '--reason', '200'], ['new-1']],
  [['--payment-id', 'waiting-1'], []],
];

test('each option limits which deliveries are replayed, and the number is printed', async (t) => {
  const { receiver, printed, errors, run } = await setup(t);

  for (const [args, payments] of CASES) {
    const exitCode = await run(...args);

    const sentence = `${payments.length} ${payments.length === 1 ? 'delivery' : 'deliveries'} will be sent again.`;
    assert.deepEqual([exitCode, printed.splice(0), errors], [0, [sentence], []], args.join(' '));
    assert.deepEqual(await replayedPayments(receiver), payments, args.join(' '));
    await resetReplays(receiver);
  }
});

test('--dry-run prints the number and replays nothing', async (t) => {
  const { receiver, printed, run } = await setup(t);

  const exitCodes = [await run('--state', 'delivered', '--dry-run'), await run('--payment-id', 'new-1', '--dry-run')];

  assert.deepEqual(exitCodes, [0, 0]);
  assert.deepEqual(printed, ['2 deliveries would be sent again.', '1 delivery would be sent again.']);
  assert.deepEqual(await replayedPayments(receiver), []);
});

test('--id replays these events, and --expected replays nothing when more match', async (t) => {
  const { receiver, printed, errors, run } = await setup(t);
  const rows = await receiver.query<{ id: string }>(
    `select 'evt_' || id as id from events where payment_key in ('new-1', 'old-dead-1', 'waiting-1')`,
  );

  const ids = rows.flatMap(({ id }) => ['--id', id]);
  const exitCodes = [await run(...ids, '--expected', '1'), await run(...ids, '--expected', '2')];

  assert.deepEqual(exitCodes, [1, 0]);
  assert.deepEqual(errors, ['2 deliveries match, more than expected. Nothing is sent again.']);
  assert.deepEqual(printed, ['2 deliveries will be sent again.']);
  assert.deepEqual(await replayedPayments(receiver), ['new-1', 'old-dead-1']);
});

test('a command that is stopped stops its replay', async (t) => {
  const { receiver, printed, errors, env } = await setup(t);
  await receiver.service.stop();
  const stop = new AbortController();
  const shown: string[] = [];
  const terminal = {
    env,
    print: (line: string) => void printed.push(line),
    printError: (line: string) => void errors.push(line),
    // Before the first step.
    showProgress: (line: string) => {
      shown.push(line);
      stop.abort();
    },
    stop: stop.signal,
  };

  const exitCode = await replay.run(['--from', '2020-01-01'], terminal);

  assert.equal(exitCode, 1);
  assert.deepEqual([shown[0], shown.at(-1)], ['0 of 4 put back', '']);
  assert.deepEqual(errors, ['The replay was stopped, so the rest stays as it is.']);
  const rows = await receiver.query('select state, created_by, count from replays');
  assert.deepEqual(rows, [{ state: 'stopped', created_by: 'receiver replay', count: 4 }]);
});

const WRONG_ARGUMENTS: readonly [args: string[], message: RegExp][] = [
  [[], /^Give at least one of --state, --payment-id, --order-reference, --from, --id\.$/m],
  [['--dry-run'], /^Give at least one of --state, --payment-id, --order-reference, --from, --id\.$/m],
  [['--to', '2999-01-01'], /^Give at least one of --state, --payment-id, --order-reference, --from, --id\.$/m],
  [['--provider', 'resurs-ecom'], /^Give at least one of --state, --payment-id, --order-reference, --from, --id\.$/m],
  [['--state', 'delivered', '--provider', 'x'], /--provider is none of resurs-ecom, resurs-mapi/],
  [['--state', 'pending'], /--state is neither delivered nor dead_letter/],
  [['--state', 'delivered', '--reason', 'bored'], /--reason is none of accepted, refused/],
  [['--id', 'past-1'], /--id has one that is no id of an event/],
  [['--state', 'delivered', '--expected', 'few'], /--expected is no number/],
  [['--from', 'yesterday'], /--from is not an ISO 8601/],
  [['--state', 'delivered', '--to', '2026-02-30'], /--to is not an ISO 8601/],
  [['--paymentId', 'p1'], /--paymentId/],
  [['--state'], /--state/],
  [['delivered'], /delivered/],
];

test('wrong arguments end with 64, print what is wrong and replay nothing', async (t) => {
  const { receiver, printed, errors, run } = await setup(t);

  for (const [args, message] of WRONG_ARGUMENTS) {
    const exitCode = await run(...args);

    assert.equal(exitCode, 64, args.join(' '));
    assert.match(errors.splice(0).join('\n'), message, args.join(' '));
  }
  assert.deepEqual([printed, await replayedPayments(receiver)], [[], []]);
});

test('--help explains every option', async () => {
  const { printed, run } = terminalWith({});

  const exitCode = await run('--help', '--nonsense');

  assert.equal(exitCode, 0);
  for (const option of ['state', 'type', 'payment-id', 'from', 'to', 'reason', 'id', 'expected', 'dry-run']) {
    assert.match(printed.join('\n'), new RegExp(`^  --${option}\\b`, 'm'));
  }
});

test('without a database it ends with 1, as each command that needs what the service stores', async () => {
  const { printed, errors, run } = terminalWith({ DIGEST_KEY, PUBLIC_URL, DATA_DIR: '/nonexistent' });

  const exitCode = await run('--state', 'delivered');

  assert.deepEqual([exitCode, printed], [1, []]);
  assert.match(errors.join('\n'), /^No service runs here: DATABASE_URL is not set.*Start serve first\.$/);
});

test('an invalid configuration ends it with 78', async () => {
  const { errors, run } = terminalWith({ DATABASE_URL: 'mysql://nowhere', DIGEST_KEY });

  const exitCode = await run('--state', 'delivered');

  assert.equal(exitCode, 78);
  assert.match(errors.join('\n'), /DATABASE_URL/);
});

test('an unavailable database ends it with 1 and the reason, without its password', async () => {
  const { printed, errors, run } = terminalWith({
    DATABASE_URL: 'postgres://operator:a-secret-word@127.0.0.1:1/nothing',
    DIGEST_KEY,
  });

  const exitCode = await run('--state', 'delivered');

  assert.deepEqual([exitCode, printed], [1, []]);
  assert.match(errors.join('\n'), /The replay failed: .*ECONNREFUSED\nFix: Check host and port of DATABASE_URL/);
  assert.doesNotMatch(errors.join('\n'), /a-secret-word/);
});

test('as a process beside a running service, it makes the service send the events again', async (t) => {
  const merchant = await startMerchant(t);
  const receiver = await startTestService(t, { env: webhookEnv(merchant.url) });
  for (const paymentId of ['p1', 'p2']) await sendCallback(receiver, 'UNFREEZE', paymentId);
  await waitForStates(receiver, ['delivered'], 2);
  const env = { DATABASE_URL: receiver.databaseUrl, DIGEST_KEY, PUBLIC_URL };

  const [misused, counted] = await Promise.all([
    runProgram(t, ['replay'], env).ended,
    runProgram(t, ['replay', '--state', 'delivered', '--dry-run'], env).ended,
  ]);
  const replayed = await runProgram(t, ['replay', '--payment-id', 'p2'], env).ended;
  await merchant.waitFor(3);
  await waitForStates(receiver, ['delivered'], 2);

  assert.deepEqual([misused.code, misused.stdout], [64, '']);
  assert.deepEqual([counted.code, counted.stdout], [0, '2 deliveries would be sent again.\n']);
  assert.deepEqual([replayed.code, replayed.stdout, replayed.stderr], [0, '1 delivery will be sent again.\n', '']);
  const [first] = merchant.received.filter((one) => one.body.includes('"p2"'));
  assert.deepEqual(
    merchant.received.slice(2).map((one) => [one.id, one.attempt]),
    [[first?.id, 2]],
  );
});
