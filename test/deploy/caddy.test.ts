/**
 * deploy/Caddyfile in a real Caddy in front of the real service, where Caddy is installed. Only ports, the certificate
 * authority and the receiver's address are the test's. Clients come from 127.0.0.2, so that they are no proxy.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { computeDigest } from '../../src/protocol/ecom/digest.ts';
import { freePort } from '../harness/listen.ts';
import { waitUntil } from '../harness/wait.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { startTestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';
import { readText } from './files.ts';

const skip = skipWithout([{ name: 'caddy', command: ['caddy', 'version'] }]);
const NAME = 'callbacks.test';
const CLIENT = '127.0.0.2';

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
}

/** With the name of compose for a machine that has none Caddy makes the certificate unasked. */
async function setup(t: TestContext, name = NAME) {
  const receiver = await startTestService(t, { env: { TRUST_PROXY: '127.0.0.1', ALLOWED_SOURCES: CLIENT } });
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-caddy-'));
  const [httpPort, httpsPort] = [await freePort(), await freePort()];
  const local = name === NAME ? '\n\tlocal_certs' : '';
  const options = `http_port ${httpPort}\n\thttps_port ${httpsPort}${local}\n\tadmin off`;
  const file = path.join(folder, 'Caddyfile');
  await writeFile(file, (await readText('deploy/Caddyfile')).replace('admin off', options));
  const { hostname, port } = new URL(receiver.url);
  const env = { PUBLIC_NAME: name, RECEIVER_HOST: hostname, RECEIVER_PORT: port, HOME: folder, XDG_DATA_HOME: folder };
  const caddy = spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', file], { env });
  t.after(async () => {
    if (caddy.exitCode === null) {
      caddy.kill('SIGTERM');
      await once(caddy, 'exit');
    }
    await rm(folder, { recursive: true });
  });
  let log = '';
  for (const stream of [caddy.stdout, caddy.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log += chunk.toString();
    });
  }
  const root = path.join(folder, 'caddy', 'pki', 'authorities', 'local', 'root.crt');
  const ask = async (goal: string, options: https.RequestOptions = {}): Promise<Answer> => {
    const base = { host: '127.0.0.1', port: httpsPort, localAddress: CLIENT, servername: name, agent: false };
    const ca = await readFile(root);
    const request = https.request({ ...base, path: goal, ca, headers: { host: name }, ...options });
    const [answer]: IncomingMessage[] = await once(request.end(), 'response');
    assert.ok(answer !== undefined);
    await buffer(answer);
    return { status: answer.statusCode, headers: answer.headers };
  };
  const isUp = () =>
    ask('/healthz').then(
      ({ status }) => status === 200,
      () => false,
    );
  assert.ok(await waitUntil(isUp), log);
  return { ...receiver, ask, httpUrl: `http://127.0.0.1:${httpPort}`, readLog: () => log };
}

test("a callback goes through byte for byte, with the sender's address", { skip }, async (t) => {
  const { ask, query, log } = await setup(t);
  const digest = computeDigest('sha1', 'a%2Fb', SALT);
  const headers = { host: NAME, 'x-forwarded-for': '192.121.110.7' };

  const pair = await ask(`/callbacks/resurs/unfreeze/paymentId/a%252Fb/digest/${digest}?x=%E5`, { headers });
  const form = await ask(target('UNFREEZE', '1').replaceAll('&', '&amp;'), { method: 'POST' });

  assert.deepEqual([pair.status, form.status], [204, 204]);
  assert.deepEqual(await query('select payment_id as id, parameters from events order by sequence'), [
    { id: 'a%2Fb', parameters: { x: 'å' } },
    { id: '1', parameters: {} },
  ]);
  const sources = log.filter(({ event }) => event === 'callback.received').map(({ source }) => source);
  assert.deepEqual(sources, [CLIENT, CLIENT]);
});

test('nothing is redirected: plain http and another name are refused', { skip }, async (t) => {
  const { ask, httpUrl, query } = await setup(t);

  const plain = await send(httpUrl, target('UNFREEZE', '1'), { headers: { host: NAME } });
  const nameless = await send(httpUrl, target('UNFREEZE', '1'));
  const other = await ask(target('UNFREEZE', '1'), { headers: { host: 'other.test' } });

  assert.deepEqual([plain.status, nameless.status, other.status], [403, 403, 421]);
  assert.deepEqual([plain.headers.location, nameless.headers.location], [undefined, undefined]);
  assert.deepEqual(await query('select 1 from events'), []);
});

test('without a public name Caddy answers as localhost, with a certificate that it made itself', {
  skip,
}, async (t) => {
  const { ask, query } = await setup(t, 'localhost');

  const accepted = await ask(target('UNFREEZE', '1'));

  assert.equal(accepted.status, 204);
  assert.deepEqual(await query('select payment_id as id from events'), [{ id: '1' }]);
});

test('TLS older than 1.2 is refused', { skip }, async (t) => {
  const { ask } = await setup(t);
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

  await assert.rejects(ask('/healthz', old), /alert protocol version/);
});

test('no log line holds a URL, also when the receiver is away', { skip }, async (t) => {
  const { ask, service, readLog } = await setup(t);
  const callback = target('UNFREEZE', 'a-payment-id');

  const accepted = await ask(callback);
  await service.stop();
  const failed = await ask(callback);

  const lines = () =>
    readLog()
      .split('\n')
      .filter((line) => line.includes('"http.log.'));
  assert.ok(
    await waitUntil(async () => lines().length >= 4),
    'the health check, both callbacks and an error are logged',
  );
  assert.deepEqual([accepted.status, failed.status], [204, 502]);
  for (const secret of [computeDigest('sha1', 'a-payment-id', SALT), 'a-payment-id', '/callbacks']) {
    assert.ok(!readLog().includes(secret), `${secret} is not in the log`);
  }
});
