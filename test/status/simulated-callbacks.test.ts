/**
 * `POST /simulated-callbacks`: a TEST goes through the whole path and is seen to arrive; where it does not, the response
 * says why. Real services that listen, also with TLS and behind a PUBLIC_URL that leads elsewhere.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { Agent, request } from 'undici';
import { SALT } from '../helpers/callbacks.ts';
import { writeSelfSigned } from '../helpers/certificates.ts';
import { listenForTest } from '../helpers/listen.ts';
import { MAPI_TOKEN, WITH_TOKEN } from '../helpers/mapi.ts';
import { STATUS_TOKEN, startTestService, type TestService } from '../helpers/service.ts';
import { requestStatusApi } from '../helpers/status.ts';

interface Simulated {
  readonly callback: string;
  readonly interface: string;
  readonly url: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly eventId: string | null;
  readonly problem: { readonly message: string; readonly fix: string } | null;
}

async function simulate(receiver: Pick<TestService, 'service'>, body?: object) {
  const json = { headers: { 'content-type': 'application/json', 'x-operator': 'Eva' }, body: JSON.stringify(body) };
  const response = await requestStatusApi(receiver, 'POST', '/simulated-callbacks', body === undefined ? {} : json);
  return { status: response.status, headers: response.headers, json: JSON.parse(response.body) as Simulated };
}

/** Another server, which answers as it likes. */
async function startOther(t: TestContext, status: number, headers: Record<string, string> = {}) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.writeHead(status, headers).end();
  });
  const { port } = await listenForTest(t, server);
  return { url: `http://127.0.0.1:${port}`, requests };
}

test('a simulated TEST is stored with a valid digest and the credentials, and recorded without its digest', async (t) => {
  const env = { BASIC_AUTH_USERNAME: 'resurs', BASIC_AUTH_PASSWORD: 'a-password-of-the-tests' };
  const receiver = await startTestService(t, { env });

  const startedAtMs = performance.now();
  const { status, json } = await simulate(receiver, {});
  const tookMs = performance.now() - startedAtMs;

  const { durationMs, eventId, ...rest } = json;
  assert.deepEqual(
    [status, rest],
    [202, { callback: 'TEST', interface: 'ecom', url: `${receiver.url}/callbacks/resurs`, status: 204, problem: null }],
  );
  assert.ok(durationMs >= 0 && durationMs <= Math.ceil(tookMs), `${durationMs} of ${tookMs} ms`);
  const [event] = await receiver.query<{
    id: string;
    verified: Record<string, boolean>;
    parameters: Record<string, string>;
  }>(`select 'evt_' || id as id, verified, parameters from events where callback = 'TEST'`);
  assert.equal(event?.id, eventId);
  assert.deepEqual([event?.verified.digest, event?.verified.basicAuth], [true, true]);
  const { actions } = (await receiver.status('/actions')).json as { actions: Record<string, unknown>[] };
  const [{ at: _, ...action } = { at: '' }] = actions;
  const detail = { interface: 'ecom', status: 204, id: eventId };
  assert.deepEqual(action, { action: 'callback.simulated', by: 'Eva', detail });
  const secrets = [
    SALT,
    STATUS_TOKEN,
    env.BASIC_AUTH_PASSWORD,
    ...Object.values(event?.parameters ?? {}).filter(isDigest),
  ];
  for (const secret of secrets) assert.ok(!`${receiver.logText()}${JSON.stringify(json)}`.includes(secret), secret);
});

function isDigest(value: string): boolean {
  return /^[0-9A-F]{40}$/i.test(value);
}

test('it arrives over TLS, also with a key instead of a salt, and without a body', async (t) => {
  const { cert, key } = await writeSelfSigned(t, 'pay.shop.example');
  const env = { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, DIGEST_SALT: '', DIGEST_KEY: 'k'.repeat(40), STATUS_PORT: '0' };
  const receiver = await startTestService(t, { env });
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  t.after(() => dispatcher.destroy());

  const headers = { authorization: `Bearer ${STATUS_TOKEN}` };
  const url = `${receiver.service.urls.status}/simulated-callbacks`;
  const { statusCode, body } = await request(url, { method: 'POST', headers, dispatcher });

  const json = (await body.json()) as Simulated;
  assert.deepEqual([statusCode, json.status, json.problem], [202, 204, null], JSON.stringify(json));
  assert.equal(json.url, `${receiver.url}/callbacks/resurs`);
  assert.notEqual(json.eventId, null);
});

test('a service of the Merchant API alone gets its test, whose token stands nowhere', async (t) => {
  const env = { ...WITH_TOKEN, DIGEST_SALT: '', DIGEST_KEY: 'closes-callback-paths-4Zk8Wq2Tn7Lp1Rv5Xb9' };
  const receiver = await startTestService(t, { env });

  const { json } = await simulate(receiver);

  assert.deepEqual([json.interface, json.status, json.problem], ['merchantApi', 204, null]);
  assert.equal(json.url, `${receiver.url}/callbacks/mapi/authorization`);
  assert.deepEqual(await receiver.query(`select 'evt_' || id as id from events`), [{ id: json.eventId }]);
  assert.ok(!`${receiver.logText()}${JSON.stringify(json)}`.includes(MAPI_TOKEN));
});

test('an interface that is not in use is refused, and so is production', async (t) => {
  const receiver = await startTestService(t);
  const production = await startTestService(t, { env: { RESURS_ENVIRONMENT: 'production' } });

  const unused = await simulate(receiver, { interface: 'merchantApi' });
  const unknown = await simulate(receiver, { interface: 'other' });
  const elsewhere = await simulate(receiver, { url: 'http://127.0.0.1:1/' });
  const refused = await simulate(production);

  const codes = [unused, unknown, elsewhere, refused].map(({ status, json }) => [
    status,
    (json as unknown as { error: { code: string } }).error.code,
  ]);
  assert.deepEqual(codes, [
    [409, 'not_configured'],
    [400, 'bad_request'],
    [400, 'bad_request'],
    [403, 'not_in_production'],
  ]);
  for (const { query } of [receiver, production]) assert.deepEqual(await query('select from events'), []);
});

test('what PUBLIC_URL leads to is told with a fix, and a redirect is not followed', async (t) => {
  const target = await startOther(t, 204);
  const redirecting = await startOther(t, 302, { location: `${target.url}/login` });
  const shop = await startOther(t, 200);
  const cases = [
    [shop.url, 200, /200 came from another server/],
    [redirecting.url, 302, /redirected \(302\)/],
    ['http://127.0.0.1:1', null, /no response \(ECONNREFUSED\)/],
  ] as const;

  for (const [PUBLIC_URL, status, message] of cases) {
    const receiver = await startTestService(t, { env: { PUBLIC_URL } });
    const { json } = await simulate(receiver);

    assert.deepEqual([json.url, json.status, json.eventId], [`${PUBLIC_URL}/callbacks/resurs`, status, null]);
    assert.match(json.problem?.message ?? '', message);
    assert.ok((json.problem?.fix ?? '').length > 20);
    assert.doesNotMatch(JSON.stringify(json), /[?&]d=|digest=/);
  }
  assert.deepEqual([shop.requests.length, redirecting.requests.length, target.requests.length], [1, 1, 0]);
});

test('another receiver behind PUBLIC_URL is told from this one', async (t) => {
  const other = await startTestService(t);
  const stranger = await startTestService(t, { env: { DIGEST_SALT: 'another-salt-of-the-tests' } });
  const receiver = await startTestService(t, { env: { PUBLIC_URL: other.url } });
  const refused = await startTestService(t, { env: { PUBLIC_URL: stranger.url } });

  const [taken, wrongSalt] = [await simulate(receiver), await simulate(refused)];

  assert.deepEqual([taken.json.status, taken.json.eventId], [204, null]);
  assert.match(taken.json.problem?.message ?? '', /not in this database/);
  assert.equal(wrongSalt.json.status, 406);
  assert.match(wrongSalt.json.problem?.fix ?? '', /salts/);
});

test('a callback that is accepted without being stored is told', async (t) => {
  const env = { DIGEST_SALT: '', DIGEST_SALT_BOOKED: SALT };
  const receiver = await startTestService(t, { env });

  const { json } = await simulate(receiver);

  assert.deepEqual([json.status, json.eventId], [204, null]);
  assert.match(json.problem?.message ?? '', /not stored: TEST has no salt/);
});

test('a process simulates ten a minute', async (t) => {
  const receiver = await startTestService(t);
  const accepted = await Promise.all(Array.from({ length: 10 }, () => simulate(receiver)));

  const { status, headers } = await simulate(receiver);

  assert.deepEqual([...new Set(accepted.map((one) => one.status))], [202]);
  assert.equal(status, 429);
  assert.ok(Number(headers['retry-after']) > 50);
});
