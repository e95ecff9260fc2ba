/**
 * Certificates towards the merchant: authorities beside those that Node trusts already, client certificates, and what
 * happens when their files are renewed. Real TLS.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { baseEnvironment, ROOT } from '../harness/receiver-process.ts';
import { waitUntil } from '../harness/wait.ts';
import { makeAuthority } from '../helpers/certificates.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { listenForTest } from '../helpers/listen.ts';
import { describe, outboundForTest, post } from '../helpers/outbound.ts';

const authority = await makeAuthority('Authority of the merchant');
const otherAuthority = await makeAuthority('Authority of the company');

/** Starts a server for `localhost` that responds with the name in the client's certificate. */
async function startServer(t: TestContext, issuer: typeof authority, options: https.ServerOptions = {}) {
  const { cert, key } = await issuer.issue('localhost');
  const server = https.createServer({ cert, key, ...options }, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    request.resume().on('end', () => response.end(subject?.CN ?? 'nobody'));
  });
  const { port } = await listenForTest(t, server);
  return `https://localhost:${port}/`;
}

async function fileWriter(t: TestContext) {
  const folder = await makeFolder(t);
  return async (name: string, content: string) => {
    await writeFile(path.join(folder, name), content);
    return path.join(folder, name);
  };
}

const POST_ALL = `
  const [caFile, ...urls] = process.argv.slice(1);
  const { createOutbound } = await import('./src/outbound/outbound.ts');
  const { request } = await import('undici');
  const proxies = { HTTP_PROXY: null, HTTPS_PROXY: null, NO_PROXY: [] };
  const tls = { caFile, certFile: null, keyFile: null };
  const { dispatcher, destroy } = createOutbound({ proxies, connections: 1, connectTimeoutMs: 5000, tls });
  const send = (url) => request(url, { dispatcher }).then(({ statusCode }) => statusCode, ({ code }) => code);
  console.log((await Promise.all(urls.map(send))).join());
  await destroy();`;

test('with a CA file, NODE_EXTRA_CA_CERTS is still trusted', async (t) => {
  const write = await fileWriter(t);
  const caFile = await write('merchant.pem', authority.root);
  const extra = await write('company.pem', otherAuthority.root);
  const urls = [await startServer(t, authority), await startServer(t, otherAuthority)];
  const env = { ...baseEnvironment(), NODE_EXTRA_CA_CERTS: extra };
  const args = ['--input-type=module', '-e', POST_ALL, '--', caFile, ...urls];

  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: ROOT, env });

  assert.equal(stdout.trim(), '200,200');
});

async function setupClient(t: TestContext, names: readonly string[]) {
  const write = await fileWriter(t);
  const issued = await Promise.all(names.map((name) => authority.issue(name)));
  const install = async (index: number) => {
    await write('cert.pem', issued[index]?.cert ?? '');
    await write('key.pem', issued[index]?.key ?? '');
  };
  await install(0);
  const files = {
    caFile: await write('ca.pem', authority.root),
    certFile: await write('cert.pem', issued[0]?.cert ?? ''),
    keyFile: await write('key.pem', issued[0]?.key ?? ''),
  };
  const url = await startServer(t, authority, { ca: authority.root, requestCert: true, rejectUnauthorized: true });
  return { files, url, install, write };
}

const excerptOf = (result: Awaited<ReturnType<typeof post>>) =>
  result.outcome === 'responded' ? result.excerpt : null;

test('a server that asks for a client certificate gets it', async (t) => {
  const { files, url } = await setupClient(t, ['shop.example']);

  const result = await post(outboundForTest(t, { tls: files }), url);

  assert.equal(excerptOf(result), 'shop.example');
});

test('without one, such a server is unreachable', async (t) => {
  const { files, url } = await setupClient(t, ['shop.example']);

  const result = await post(outboundForTest(t, { tls: { ...files, certFile: null, keyFile: null } }), url);

  assert.match(describe(result), /^failed (ERR_SSL_|ECONNRESET|EPIPE|UND_ERR_SOCKET)/);
});

test('a renewed client certificate is used by new connections, without a restart', async (t) => {
  const { files, url, install } = await setupClient(t, ['old.example', 'new.example']);
  const outbound = outboundForTest(t, { tls: files, maxConnectionAgeMs: 50 });
  const first = excerptOf(await post(outbound, url));
  await install(1);

  assert.equal(first, 'old.example');
  assert.ok(await waitUntil(async () => excerptOf(await post(outbound, url)) === 'new.example'));
});

test('a renewed file that cannot be used is reported, and the earlier certificate stays in use', async (t) => {
  const { files, url, write } = await setupClient(t, ['shop.example']);
  const reported: string[] = [];
  const onTlsError = (reason: string) => void reported.push(reason);
  const outbound = outboundForTest(t, { tls: files, maxConnectionAgeMs: 50, onTlsError });
  await post(outbound, url);
  await write('key.pem', 'half a file');

  const answers = new Set<string | null>();
  const isReported = await waitUntil(async () => {
    answers.add(excerptOf(await post(outbound, url)));
    return reported.length > 0;
  });

  assert.ok(isReported);
  assert.deepEqual([...answers], ['shop.example']);
});
