/**
 * `register` looks where its callback URL leads before it changes anything: a URL that leads to the
 * shop, or to nothing, would lose every callback from that minute. Service, front servers and fake Resurs are real.
 */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { type TestContext, test } from 'node:test';
import { register } from '../../src/commands/register.ts';
import { freePort } from '../harness/listen.ts';
import { countRows } from '../helpers/database-state.ts';
import { listenForTest } from '../helpers/listen.ts';
import { BASIC, DIGEST_KEY, setUpResurs } from '../helpers/resurs.ts';
import { startTestService } from '../helpers/service.ts';

const OURS = { DIGEST_SALT: '', DIGEST_KEY, ...BASIC };

type Change = (request: http.IncomingMessage, response: http.ServerResponse) => Record<string, unknown> | 'answered';

/** A server before the service at `base`; `change` may answer itself, or change what is passed on. */
async function startFront(t: TestContext, base: string, change: Change): Promise<string> {
  const { hostname, port } = new URL(base);
  const server = http.createServer((request, response) => {
    const changed = change(request, response);
    if (changed === 'answered') return;
    const { method, url: path, headers } = request;
    const upstream = http.request({ hostname, port, method, path, headers, agent: false, ...changed });
    upstream.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(upstream);
  });
  return (await listenForTest(t, server)).url;
}

function answering(status: number, headers: http.OutgoingHttpHeaders = {}): Change {
  return (_, response) => {
    response.writeHead(status, headers).end('<html>the shop</html>');
    return 'answered';
  };
}

for (const [what, change, reason] of [
  ['the shop answers 404', answering(404), /^Refused: GET http.*: 404 came from another server/],
  ['the shop answers 200', answering(200), /^Refused: GET http.*: 200 came from another server; .* it is lost/],
  ['the shop redirects', answering(302, { location: '/login' }), /^Refused: GET http.*: redirected \(302\) to /],
  [
    'http is redirected to https',
    answering(301, { location: 'https://127.0.0.1/callbacks/resurs' }),
    /redirected \(301\) .*\nWrite https:\/\/ in PUBLIC_URL/,
  ],
  [
    'a slash is added by redirect',
    ((request, response) =>
      answering(301, { location: `http://${request.headers.host}/callbacks/resurs/` })(
        request,
        response,
      )) satisfies Change,
    /redirected \(301\) .*\n.* in the rule that adds or removes a trailing slash/,
  ],
  ['a proxy answers 502', answering(502), /: 502 came from another server/],
  [
    'only GET is passed on',
    ((request, response) => (request.method === 'GET' ? {} : answering(405)(request, response))) satisfies Change,
    /^Refused: POST http.*: 405 came from another server/,
  ],
  [
    'the query is dropped',
    (({ url }) => ({ path: url?.split('?')[0] })) satisfies Change,
    /with 400 \(Malformed callback\.\)/,
  ],
  ['the path is changed', (({ url }) => ({ path: `/x${url}` })) satisfies Change, /404/],
  [
    'the header Authorization is dropped',
    (({ headers }) => ({ headers: { ...headers, authorization: '' } })) satisfies Change,
    /refuses the credentials \(401\)/,
  ],
  [
    'the connection is cut',
    (({ socket }) => {
      socket.destroy();
      return 'answered';
    }) satisfies Change,
    /: no response \(/,
  ],
  ['nothing is answered', (() => 'answered') satisfies Change, /: no response within 5 s/],
] as const) {
  test(`when ${what}, register exits with 1, says so and changes nothing`, async (t) => {
    const service = await startTestService(t, { env: OURS });
    const front = await startFront(t, service.url, change);
    const { run, changes } = await setUpResurs(t, { env: { ...OURS, PUBLIC_URL: front } });

    const { exitCode, errors, out } = await run(register, ['--yes']);

    assert.deepEqual([exitCode, changes()], [1, []]);
    assert.match(errors, reason);
    assert.match(errors, /\nNothing was changed\. --allow-unreachable registers this URL all the same\.$/);
    assert.match(out, /^BOOKED\n {2}now {3}nothing$/m);
  });
}

test('when nothing listens, register stops; with --allow-unreachable it registers and the plan says so', async (t) => {
  const PUBLIC_URL = `http://127.0.0.1:${await freePort()}`;
  const { run, changes, fakeResurs } = await setUpResurs(t, { env: { ...OURS, PUBLIC_URL } });

  const stopped = await run(register, ['--yes']);
  const untouched = changes();
  const allowed = await run(register, ['--yes', '--allow-unreachable']);

  assert.deepEqual([stopped.exitCode, untouched, allowed.exitCode, fakeResurs.registered.size], [1, [], 0, 7]);
  assert.match(stopped.errors, /^Refused: GET http.*: no response \(ECONNREFUSED\)\.$/m);
  assert.match(allowed.out, /\nCallback URL http.*: not reached, allowed by --allow-unreachable\. GET .*ECONNREFUSED/);
});

for (const [what, running, env, reason] of [
  ['has other callback paths', { CALLBACK_PATHS: '/other' }, {}, /404/],
  [
    'has other credentials',
    { BASIC_AUTH_PASSWORD: 'another-9Kd2' },
    {},
    /refuses the credentials \(401\)[\s\S]*Restart the service with these settings/,
  ],
  ['asks for credentials that are not set here', {}, { BASIC_AUTH_USERNAME: '', BASIC_AUTH_PASSWORD: '' }, /401/],
] as const) {
  test(`when the service ${what}, register changes nothing`, async (t) => {
    const service = await startTestService(t, { env: { ...OURS, ...running } });
    const { run, changes } = await setUpResurs(t, { env: { ...OURS, PUBLIC_URL: service.url, ...env } });

    const { exitCode, errors } = await run(register, ['--yes']);

    assert.deepEqual([exitCode, changes()], [1, []]);
    assert.match(errors, reason);
  });
}

test('a service that answers is named in the plan, below a path too, and stores nothing of the look', async (t) => {
  for (const settings of [OURS, { DIGEST_SALT: '', ALLOW_UNAUTHENTICATED: 'true' }]) {
    const service = await startTestService(t, { env: settings });
    const front = await startFront(t, service.url, ({ url }) => ({ path: url?.replace('/pay', '') }));
    const env = { ...settings, PUBLIC_URL: `${front}/pay`, DIGEST_KEY: '', ...settings };
    const { run } = await setUpResurs(t, { env });

    const { exitCode, out } = await run(register, ['--yes']);

    assert.equal(exitCode, 0, out);
    assert.match(out, /\nCallback URL http:\S+\/pay\/callbacks\/resurs: this service answers GET and POST there\.\n/);
    assert.equal((await countRows(service)).events, 0);
  }
});

test('a service that excludes this machine is reached, and the plan says what could not be seen', async (t) => {
  const service = await startTestService(t, { env: { ...OURS, ALLOWED_SOURCES: '192.0.2.1' } });
  const { run, fakeResurs } = await setUpResurs(t, { env: { ...OURS, PUBLIC_URL: service.url } });

  const { exitCode, out } = await run(register, ['--yes']);

  assert.deepEqual([exitCode, fakeResurs.registered.size], [0, 7]);
  assert.match(out, /\nCallback URL http.*: The public URL leads to this receiver, but ALLOWED_SOURCES excludes/);
});

test('a request to stop ends the look, and nothing is changed', async (t) => {
  const service = await startTestService(t, { env: OURS });
  const stop = new AbortController();
  const front = await startFront(t, service.url, () => {
    stop.abort();
    return 'answered';
  });
  const { run, changes } = await setUpResurs(t, { env: { ...OURS, PUBLIC_URL: front } });

  const { exitCode, errors } = await run(register, ['--yes'], { stop: stop.signal });

  assert.deepEqual([exitCode, errors, changes()], [1, 'Stopped on request.', []]);
});
