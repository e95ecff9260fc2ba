/**
 * A merchant with a certificate of a private CA is reached only with WEBHOOK_CA_FILE, and only under the name in the
 * certificate. The openssl command creates CA and certificate for each test.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { sendCallback, waitForAttempts, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { listenForTest } from '../helpers/listen.ts';
import { startTestService } from '../helpers/service.ts';
import { skipWithout } from '../helpers/tools.ts';

const run = promisify(execFile);

/** Undefined, or why these tests cannot run here. */
const skip = skipWithout([{ name: 'openssl', command: ['openssl', 'version'] }]);

const EC_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Creates `ca.pem` and a server certificate for 127.0.0.1 signed by it, in a folder that is removed after the test. */
async function makeCertificates(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'receiver-ca-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  await writeFile(path.join(folder, 'names'), 'subjectAltName=IP:127.0.0.1\n');
  await openssl(
    'req',
    '-x509',
    ...EC_KEY,
    '-days',
    '2',
    '-subj',
    '/CN=A private authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  await openssl('req', ...EC_KEY, '-subj', '/CN=merchant', '-keyout', 'key.pem', '-out', 'request.pem');
  const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names'];
  await openssl('x509', '-req', '-in', 'request.pem', ...signing, '-out', 'cert.pem');
  return folder;
}

async function setup(t: TestContext) {
  const folder = await makeCertificates(t);
  const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((name) => readFile(path.join(folder, name))));
  const ids: string[] = [];
  const server = https.createServer({ key, cert }, (request, response) => {
    ids.push(String(request.headers['webhook-id']));
    request.resume().on('end', () => response.writeHead(204).end());
  });
  const { port } = await listenForTest(t, server);
  return { ids, port, caFile: path.join(folder, 'ca.pem') };
}

test('with the CA in WEBHOOK_CA_FILE the merchant is reached', { skip }, async (t) => {
  const { ids, port, caFile } = await setup(t);
  const env = webhookEnv(`https://127.0.0.1:${port}/webhook`, { WEBHOOK_CA_FILE: caFile });
  const receiver = await startTestService(t, { env });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [row] = await waitForStates(receiver, ['delivered']);

  assert.deepEqual(ids, [row?.id]);
});

test('without WEBHOOK_CA_FILE the merchant is unreachable, and nothing of the event is sent', { skip }, async (t) => {
  const { ids, port } = await setup(t);
  const receiver = await startTestService(t, { env: webhookEnv(`https://127.0.0.1:${port}/webhook`) });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [attempt] = await waitForAttempts(receiver, 3);
  await waitForStates(receiver, ['dead_letter']);

  assert.deepEqual([attempt?.outcome, attempt?.status], ['unreachable', null]);
  assert.match(attempt?.error ?? '', /UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER_CERT/);
  assert.deepEqual(ids, []);
});

test('a certificate for another name is rejected, although its CA is trusted', { skip }, async (t) => {
  const { ids, port, caFile } = await setup(t);
  const env = webhookEnv(`https://localhost:${port}/webhook`, { WEBHOOK_CA_FILE: caFile });
  const receiver = await startTestService(t, { env });

  await sendCallback(receiver, 'UNFREEZE', 'p1');
  const [attempt] = await waitForAttempts(receiver, 3);
  await waitForStates(receiver, ['dead_letter']);

  assert.deepEqual([attempt?.outcome, attempt?.status], ['unreachable', null]);
  assert.match(attempt?.error ?? '', /ALTNAME/);
  assert.deepEqual(ids, []);
});
