/**
 * The whole way of callbacks that never came: `simulate --lose` plays them to a receiver, `reconcile` asks the simulated
 * Resurs, and what is found is what the simulation says was missed. Receiver, database and HTTP are real.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { reconcile } from '../../src/commands/reconcile/reconcile.ts';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import type { ExpectedMissed } from '../../src/simulator/expected-missed.ts';
import { waitUntil } from '../harness/wait.ts';
import { SALT } from '../helpers/callbacks.ts';
import { runCommand } from '../helpers/run-command.ts';
import { STATUS_TOKEN, startTestService } from '../helpers/service.ts';

const MAPI = { MAPI_CALLBACK_PATHS: '/callbacks/mapi', MAPI_CALLBACK_TOKEN: 'a-token-only-for-these-tests' };

/** Loses four callbacks in ten of `payments`, and resolves when the simulated Resurs goes on and can be asked. */
async function setup(t: TestContext, args: readonly string[]) {
  const { url, databaseUrl, query } = await startTestService(t, { env: { ...MAPI, RECONCILE_GRACE_MINUTES: '0' } });
  const stop = new AbortController();
  const out: string[] = [];
  const errors: string[] = [];
  const path = args.includes('--mapi') ? '/callbacks/mapi' : '/callbacks/resurs';
  const ended = simulate.run([`${url}${path}`, '--lose', '0.4', '--json', '--speed', '1000000', ...args], {
    env: { DIGEST_SALT: SALT, ...MAPI },
    stop: stop.signal,
    print: (line) => void out.push(line),
    printError: (line) => void errors.push(line),
  });
  t.after(async () => {
    stop.abort();
    await ended;
  });
  await waitUntil(async () => errors.some((line) => line.includes('Ctrl-C ends it')));
  const printed = Object.fromEntries(
    errors.flatMap((line) => [...line.matchAll(/^([A-Z_]+)=(.*)$/g)].map(([, name = '', value = '']) => [name, value])),
  );
  const env = { DATABASE_URL: databaseUrl, DIGEST_SALT: SALT, ...printed };
  const { asExpected, missed }: { asExpected: boolean; missed: readonly ExpectedMissed[] } = JSON.parse(out[0] ?? '');
  assert.ok(asExpected);
  assert.ok(missed.length > 0, 'something has to be missed');
  return { url, missed, query, found: () => reconcileUntilOld(env) };
}

/** What happened within the last second or two is too young to be judged. */
async function reconcileUntilOld(env: Record<string, string>): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  await waitUntil(async () => {
    const { exitCode, out, errors } = await runCommand(reconcile, ['--json'], env);
    assert.equal(exitCode, 0, errors);
    const { payments, tooYoung } = JSON.parse(out);
    for (const { paymentId, missed } of payments) found.push([paymentId, missed.join(' ')]);
    return tooYoung === 0;
  });
  assert.equal(new Set(found.map(([paymentId]) => paymentId)).size, found.length, 'reported twice');
  return Object.fromEntries(found);
}

function factsOf(missed: readonly ExpectedMissed[]): Record<string, string> {
  return Object.fromEntries(missed.map(({ paymentId, facts }) => [paymentId, facts.join(' ')]));
}

test('reconcile finds every lost fact of eCom, and nothing else', async (t) => {
  const { missed, query, found } = await setup(t, ['--payments', '20', '--first', '5000']);

  const payments = await found();

  assert.deepEqual(payments, factsOf(missed));
  const stored = await query<{ type: string; count: number }>(
    "select type, count(*)::int from events where callback = 'RECONCILIATION' group by type",
  );
  assert.deepEqual(stored, [{ type: 'payment.reconciled', count: missed.length }]);
});

test('reconcile finds every lost fact of the Merchant API, and unheard-of payments of orders that are registered', async (t) => {
  const { url, missed, found } = await setup(t, ['--mapi', '--payments', '20', '--first', '5000']);
  const [unknown, other] = missed.filter(({ isKnown }) => !isKnown);
  assert.ok(unknown !== undefined && other !== undefined, 'nothing came of two payments');
  const response = await fetch(`${url}/orders/${unknown.orderReference}`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${STATUS_TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ provider: 'resurs-mapi' }),
  });
  assert.equal(response.status, 201);

  const payments = await found();

  assert.deepEqual(payments, factsOf(missed.filter((one) => one.isKnown || one === unknown)));
});
