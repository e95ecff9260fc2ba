/**
 * The command `simulate --mapi`: what it prints, its exit code, and that it agrees with a receiver that has the same
 * environment. The receiver is a real HTTP server that responds as the contract says.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { freePort } from '../harness/listen.ts';
import { runCommand } from '../helpers/run-command.ts';
import { OK, type ReceivedRequest, type ReceiverResponse, startReceiver } from './receiver.ts';

const TOKEN = 'a-token-only-for-these-tests';
const EVERYTHING = { MAPI_CALLBACK_TOKEN: TOKEN, ORDER_OWNERSHIP: 'pattern' };
const CLIENT = { MAPI_CLIENT_ID: 'client', MAPI_CLIENT_SECRET: 'a-secret-of-the-client' };

const UNAUTHORIZED = { status: 401, phrase: 'Unauthorized.' };
const MALFORMED = { status: 400, phrase: 'Malformed callback.' };
const NOT_OURS = { status: 410, phrase: 'Order is not ours.' };

/** A receiver with a token; orders that begin with FOREIGN are not ours. */
function withToken({ url, body }: ReceivedRequest): ReceiverResponse {
  if (url.searchParams.get('token') !== TOKEN) return UNAUTHORIZED;
  return withoutToken({ url, body });
}

function withoutToken({ url, body }: Pick<ReceivedRequest, 'url' | 'body'>): ReceiverResponse {
  const { paymentId, applicationId, status, action } = JSON.parse(body);
  if (paymentId === undefined && applicationId === undefined) return { status: 204, phrase: 'Test OK' };
  if (status === undefined && action === undefined) return MALFORMED;
  return url.searchParams.get('order')?.startsWith('FOREIGN') ? NOT_OURS : OK;
}

async function setup(t: TestContext, respond: Parameters<typeof startReceiver>[1] = withToken) {
  const { origin, requests } = await startReceiver(t, respond);
  const target = `${origin}/callbacks/mapi`;
  const run = (args: readonly string[], env: Record<string, string> = EVERYTHING) =>
    runCommand(simulate, ['--mapi', ...args], env);
  return { origin, target, requests, run };
}

test('a correct receiver gives a table and exit code 0', async (t) => {
  const { run, target } = await setup(t);

  const { exitCode, out, errors } = await run([target]);

  assert.equal(exitCode, 0, out);
  assert.equal(errors, '');
  assert.match(out, /POST +AUTHORIZATION +[0-9a-f-]{36} +AUTHORIZED; response lost +204 OK +2/);
  assert.match(out, /POST +MANAGEMENT +[0-9a-f-]{36} +REFUND of a part +204 OK +1/);
  assert.match(out, /POST +CREDIT_APPLICATION +ACCEPTED of [0-9a-f-]{36} +204 OK +1/);
  assert.match(out, /POST +AUTHORIZATION +[0-9a-f-]{36} +wrong token +401 Unauthorized\. +3/);
  assert.match(out, /no status +400 Malformed callback\. +3/);
  assert.match(out, /another shop's order +410 Order is not ours\. +3/);
  assert.match(out, /POST +TEST +test +204 Test OK +1/);
  assert.match(out, /All 20 callbacks ended as expected\./);
});

test('a wrong receiver gives exit code 1 and prints the expected responses', async (t) => {
  const { run, target } = await setup(t, () => OK);

  const { exitCode, out } = await run([target]);

  assert.equal(exitCode, 1);
  assert.match(out, /204 OK ✗ expected: 401 Unauthorized\./);
  assert.match(out, /204 OK ✗ expected: 400 Malformed callback\./);
  assert.match(out, /4 of 20 callbacks did not end as expected\./);
});

test('without a token the receiver finds each payment at the Merchant API that simulate serves', async (t) => {
  const mapiUrl = `http://127.0.0.1:${await freePort()}`;
  const { run, target } = await setup(t, async (request) => {
    const { paymentId, applicationId, status } = JSON.parse(request.body);
    if (applicationId !== undefined) return UNAUTHORIZED;
    if (paymentId !== undefined && status !== undefined && !(await isKnown(mapiUrl, paymentId))) return NOT_OURS;
    return withoutToken(request);
  });
  const env = { ...CLIENT, MAPI_URL: mapiUrl, ORDER_OWNERSHIP: 'pattern', MAPI_SCOPE: 'mock-merchant-api' };

  const { exitCode, out, errors } = await run([target], env);

  assert.equal(exitCode, 0, out + errors);
  assert.match(out, /unknown to Resurs +410 Order is not ours\. +3/);
  assert.match(out, /CREDIT_APPLICATION +ACCEPTED of [0-9a-f-]{36} +401 Unauthorized\. +3/);
  assert.match(out, /All 20 callbacks ended as expected\./);
  await assert.rejects(fetch(mapiUrl), 'the Merchant API ends with the command');
});

async function isKnown(mapiUrl: string, paymentId: string): Promise<boolean> {
  const form = new URLSearchParams({
    client_id: CLIENT.MAPI_CLIENT_ID,
    client_secret: CLIENT.MAPI_CLIENT_SECRET,
    scope: 'mock-merchant-api',
    grant_type: 'client_credentials',
  });
  const granted = await fetch(`${mapiUrl}/oauth2/token`, { method: 'POST', body: form });
  const { access_token } = (await granted.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  return (await fetch(`${mapiUrl}/v2/payments/${paymentId}`, { headers })).status === 200;
}

test('a Merchant API that cannot be served ends the command only where the receiver needs it', async (t) => {
  const { run, target, origin } = await setup(t);
  const env = { ...CLIENT, MAPI_URL: origin };

  const needed = await run([target], env);
  const notNeeded = await run([target, '--only', 'TEST'], { ...EVERYTHING, ...env });

  assert.deepEqual([needed.exitCode, needed.out], [1, '']);
  assert.match(needed.errors, /^Cannot listen on port \d+: /);
  assert.equal(notNeeded.exitCode, 0);
  assert.match(notNeeded.errors, /\. It sends the callbacks all the same; MAPI_URL knows none of these payments$/);
});

for (const { name, env, status } of [
  { name: 'rejected callbacks are accepted', env: { ACCEPT_REJECTED_CALLBACKS: 'true' }, status: 202 },
  { name: 'any order is ours', env: { ORDER_OWNERSHIP: 'any' }, status: 204 },
]) {
  test(`an order of another shop is expected to get ${status} when ${name}`, async (t) => {
    const { run, target } = await setup(t);

    const { out } = await run([target, '--json', '--payments', '0', '--attempts', '1'], { ...EVERYTHING, ...env });

    const { callbacks } = JSON.parse(out);
    const foreign = callbacks.find(({ label }: { label: string }) => label === "another shop's order");
    assert.equal(foreign.expected.status, status);
  });
}

test('PORT and MAPI_CALLBACK_PATHS of the receiver give the default target, and --form the place of the kind', async (t) => {
  const { run, origin, requests } = await setup(t);
  const env = { ...EVERYTHING, PORT: new URL(origin).port, MAPI_CALLBACK_PATHS: '/mapi, /other' };

  const { exitCode } = await run(
    ['--payments', '1', '--first', 'order-7', '--only', 'MANAGEMENT', '--form', 'query'],
    env,
  );

  assert.equal(exitCode, 0);
  assert.deepEqual(
    requests.map(({ url }) => url.pathname + url.search.replace(TOKEN, '…')),
    Array.from({ length: 3 }, () => '/mapi?callback=MANAGEMENT&order=order-7&token=…'),
  );
});

test('a receiver on another machine is sent nothing before the operator agrees', async () => {
  const args = ['--mapi', 'https://receiver.shop.example/mapi?x=hidden', '--payments', '1', '--first', '77'];

  const { exitCode, out, errors } = await runCommand(simulate, args, EVERYTHING);

  assert.deepEqual([exitCode, out], [1, '']);
  assert.match(errors, /^11 simulated callbacks go to https:\/\/receiver\.shop\.example\//);
  assert.match(errors, /^Payments: [0-9a-f-]{36}, /m);
  assert.ok(!errors.includes('hidden'));
});

test('neither token nor secret is printed', async (t) => {
  const { run, target } = await setup(t, () => ({ status: 500, phrase: 'Unhandled error.' }));
  const env = { ...EVERYTHING, ...CLIENT, MAPI_URL: `http://127.0.0.1:${await freePort()}` };

  const table = await run([target, '--attempts', '1'], env);
  const json = await run([target, '--attempts', '1', '--json'], env);

  const printed = table.out + table.errors + json.out + json.errors;
  for (const secret of [TOKEN, CLIENT.MAPI_CLIENT_SECRET]) assert.ok(!printed.includes(secret));
});

for (const { name, args, env } of [
  { name: 'two targets', args: ['http://a.example', 'http://b.example'] },
  { name: 'a fake Resurs of its own', args: ['--listen', '0'] },
  { name: 'a salt', args: ['--salt', 'secret-word'] },
  { name: 'a sample', args: ['--to', 'http://127.0.0.1:1/'] },
  { name: 'a type of eCom', args: ['--only', 'BOOKED'] },
  { name: 'a form of eCom', args: ['http://127.0.0.1:1/', '--form', 'pairs'] },
  { name: 'no path of the receiver', args: [] },
  { name: 'neither a token nor a Merchant API', args: ['http://127.0.0.1:1/'], env: {} },
  { name: "Resurs' own Merchant API", args: ['http://127.0.0.1:1/'], env: CLIENT },
  { name: 'half a client', args: ['http://127.0.0.1:1/'], env: { MAPI_CLIENT_SECRET: 'secret-word' } },
]) {
  test(`${name} ends with exit code 64 before anything is sent`, async () => {
    const { exitCode, out, errors } = await runCommand(simulate, ['--mapi', ...args], env ?? EVERYTHING);

    assert.deepEqual([exitCode, out], [64, '']);
    assert.match(errors, /^.+\nTry --help\.$/);
    assert.ok(!errors.includes('secret-word'));
  });
}

test('a receiver that takes unauthenticated callbacks is sent no token', async (t) => {
  const { run, target, requests } = await setup(t, withoutToken);

  const { exitCode } = await run([target, '--only', 'AUTHORIZATION', '--speed', '1000000'], {
    ALLOW_UNAUTHENTICATED: 'true',
  });

  assert.equal(exitCode, 1, 'any order is ours, but the receiver of this test refuses FOREIGN');
  assert.ok(requests.every(({ url }) => !url.searchParams.has('token')));
});
