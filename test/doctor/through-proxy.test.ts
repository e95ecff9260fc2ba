/** doctor behind a proxy: its checks take the way of the service, and name the proxy. Real service, real proxy. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import * as net from 'node:net';
import * as path from 'node:path';
import { test } from 'node:test';
import { startForwardProxy } from '../harness/forward-proxy.ts';
import { freePort } from '../harness/listen.ts';
import { makeAuthority } from '../helpers/certificates.ts';
import { setUpDoctor } from '../helpers/doctor-context.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { listenForTest } from '../helpers/listen.ts';

test('the webhook and Resurs are reached through the proxy', async (t) => {
  const proxy = await startForwardProxy();
  t.after(proxy.close);
  const { check, merchant } = await setUpDoctor(t);

  const webhook = await check('webhook', { HTTP_PROXY: proxy.url });
  const viaWebhook = [...proxy.requests];
  await check('registrations', { HTTP_PROXY: proxy.url });
  const methods = new Set(proxy.requests.slice(1).map((line) => line.split(' ')[0]));

  assert.equal(webhook.status, 'pass', webhook.reason);
  assert.match(webhook.reason, /through the proxy 127\.0\.0\.1:\d+$/);
  assert.deepEqual(viaWebhook, [`POST ${merchant.url}`]);
  assert.ok(methods.has('GET'), 'the REST interface');
});

test('a proxy that is down fails the check of the webhook, with a fix that names the settings', async (t) => {
  const { check } = await setUpDoctor(t);

  const finding = await check('webhook', { HTTP_PROXY: `http://127.0.0.1:${await freePort()}` });

  assert.equal(finding.status, 'fail');
  assert.match(finding.reason, /ECONNREFUSED through the proxy 127\.0\.0\.1:/);
  assert.match(finding.fix ?? '', /HTTP_PROXY and HTTPS_PROXY .* NO_PROXY/);
});

test('a proxy that hangs is named, with a fix for it', async (t) => {
  const { port } = await listenForTest(t, net.createServer());
  const { check } = await setUpDoctor(t);

  const finding = await check('webhook', { HTTP_PROXY: `http://127.0.0.1:${port}`, WEBHOOK_TIMEOUT_MS: '1000' });

  assert.equal(finding.reason, `The merchant did not respond in time through the proxy 127.0.0.1:${port}.`);
  assert.match(finding.fix ?? '', /HTTP_PROXY and HTTPS_PROXY .* NO_PROXY/);
});

test('a proxy that is down is named in the advice about Resurs', async (t) => {
  const { check } = await setUpDoctor(t);

  const finding = await check('registrations', { HTTP_PROXY: `http://127.0.0.1:${await freePort()}` });

  assert.equal(finding.status, 'skip');
  assert.match(finding.fix ?? '', /HTTP_PROXY and HTTPS_PROXY .* NO_PROXY, then run this command again/);
});

test('a merchant that misses a client certificate fails the check, with a fix that names the settings', async (t) => {
  const folder = await makeFolder(t);
  const authority = await makeAuthority();
  const { cert, key } = await authority.issue('localhost');
  const WEBHOOK_CA_FILE = path.join(folder, 'ca.pem');
  await writeFile(WEBHOOK_CA_FILE, authority.root);
  // TLS 1.2, where the alert comes before anything else can.
  const options = { cert, key, ca: authority.root, requestCert: true, maxVersion: 'TLSv1.2' } as const;
  const { port } = await listenForTest(t, https.createServer(options));
  const { check } = await setUpDoctor(t);

  const finding = await check('webhook', { WEBHOOK_CA_FILE, WEBHOOK_URL: `https://localhost:${port}/` });

  assert.equal(finding.status, 'fail');
  assert.match(finding.fix ?? '', /WEBHOOK_CLIENT_CERT_FILE and WEBHOOK_CLIENT_KEY_FILE/);
});
