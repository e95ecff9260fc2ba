/** Requests through a proxy: forwarded for http, through a tunnel for https. Real sockets, a real proxy and real TLS. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import * as path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ForwardProxyOptions, startForwardProxy } from '../harness/forward-proxy.ts';
import { freePort } from '../harness/listen.ts';
import { makeAuthority } from '../helpers/certificates.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { listenForTest } from '../helpers/listen.ts';
import { describe, NO_PROXIES, outboundForTest, post } from '../helpers/outbound.ts';
import { NO_CONTENT, startRawServer } from '../helpers/raw-server.ts';

async function proxyForTest(t: TestContext, options: ForwardProxyOptions = {}) {
  const proxy = await startForwardProxy(options);
  t.after(proxy.close);
  return proxy;
}

test('an http request is forwarded by the proxy, and its credentials reach only the proxy', async (t) => {
  const server = await startRawServer(t, ({ socket }) => void socket.write(NO_CONTENT));
  const authorization = `Basic ${Buffer.from('us er:p@ss').toString('base64')}`;
  const proxy = await proxyForTest(t, { authorization });
  const HTTP_PROXY = `http://us%20er:p%40ss@127.0.0.1:${proxy.port}`;
  const outbound = outboundForTest(t, { proxies: { ...NO_PROXIES, HTTP_PROXY } });

  const result = await post(outbound, `${server.url}/hook`);

  assert.equal(describe(result), '204');
  assert.deepEqual(proxy.requests, [`POST ${server.url}/hook`]);
  assert.doesNotMatch(server.requests[0]?.text ?? '', /proxy-authorization/i);
});

test('an https request has a tunnel, and its TLS is with the target', async (t) => {
  const folder = await makeFolder(t);
  const authority = await makeAuthority();
  const { cert, key } = await authority.issue('shop.example');
  const caFile = path.join(folder, 'ca.pem');
  await writeFile(caFile, authority.root);
  const server = https.createServer({ cert, key }, (_request, response) => void response.writeHead(204).end());
  const { port } = await listenForTest(t, server);
  const proxy = await proxyForTest(t, { leadsTo: { host: '127.0.0.1', port } });
  const outbound = outboundForTest(t, {
    proxies: { ...NO_PROXIES, HTTPS_PROXY: proxy.url },
    tls: { caFile, certFile: null, keyFile: null },
  });

  const good = await post(outbound, 'https://shop.example/hook');
  const wrongName = await post(outbound, 'https://other.example/hook');

  assert.equal(describe(good), '204');
  assert.match(describe(wrongName), /^failed ERR_TLS_CERT_ALTNAME_INVALID through the proxy 127\.0\.0\.1:\d+$/);
  assert.deepEqual(proxy.requests, ['CONNECT shop.example:443', 'CONNECT other.example:443']);
});

test('the tunnel is used again, and a target that resets it gets the request once more over a new one', async (t) => {
  const folder = await makeFolder(t);
  const authority = await makeAuthority();
  const { cert, key } = await authority.issue('shop.example');
  const caFile = path.join(folder, 'ca.pem');
  await writeFile(caFile, authority.root);
  let requests = 0;
  const server = https.createServer({ cert, key }, (request, response) => {
    requests += 1;
    if (requests === 3) request.socket.destroy();
    else response.writeHead(204).end();
  });
  const { port } = await listenForTest(t, server);
  const proxy = await proxyForTest(t, { leadsTo: { host: '127.0.0.1', port } });
  const outbound = outboundForTest(t, {
    proxies: { ...NO_PROXIES, HTTPS_PROXY: proxy.url },
    tls: { caFile, certFile: null, keyFile: null },
  });
  const send = async () => describe(await post(outbound, 'https://shop.example/hook'));

  const results = [await send(), await send(), await send()];

  assert.deepEqual(results, ['204', '204', '204']);
  assert.deepEqual([requests, proxy.requests.length], [4, 2]);
});

test('interim responses are passed over behind a proxy as well', async (t) => {
  const server = await startRawServer(t, ({ socket }) => {
    socket.write(`HTTP/1.1 100 Continue\r\n\r\n${NO_CONTENT}`);
  });
  const outbound = outboundForTest(t, { proxies: { ...NO_PROXIES, HTTP_PROXY: server.url } });

  const result = await post(outbound, 'http://shop.example/hook');

  assert.equal(describe(result), '204');
  assert.match(
    server.requests[0]?.text ?? '',
    /^POST http:\/\/shop\.example\/hook HTTP\/1\.1\r\nhost: shop\.example\r\n/,
  );
});

for (const [scheme, setting] of [
  ['http', 'HTTP_PROXY'],
  ['https', 'HTTPS_PROXY'],
] as const) {
  test(`a proxy that asks for a password is named, for ${scheme}`, async (t) => {
    const proxy = await proxyForTest(t, { authorization: 'Basic x' });
    const outbound = outboundForTest(t, { proxies: { ...NO_PROXIES, [setting]: proxy.url } });

    const result = await post(outbound, `${scheme}://shop.example/hook`);

    const name = `127.0.0.1:${proxy.port}`;
    assert.equal(describe(result), `failed the proxy ${name} asks for a user name and password (407)`);
  });

  test(`a proxy that is down is named, for ${scheme}`, async (t) => {
    const port = await freePort();
    const outbound = outboundForTest(t, { proxies: { ...NO_PROXIES, [setting]: `http://127.0.0.1:${port}` } });

    const result = await post(outbound, `${scheme}://shop.example/hook`);

    assert.equal(describe(result), `failed ECONNREFUSED through the proxy 127.0.0.1:${port}`);
  });

  test(`a proxy that did not respond is used again when it does, for ${scheme}`, async (t) => {
    const proxy = await startRawServer(t, ({ socket, number }) => {
      if (number > 1) socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n');
    });
    const outbound = outboundForTest(t, { proxies: { ...NO_PROXIES, [setting]: proxy.url }, connectTimeoutMs: 200 });
    const send = async () => describe(await post(outbound, `${scheme}://shop.example/hook`, 200));

    const first = await send();
    const later = await firstOf(send, /502/);

    assert.equal(first, 'timed_out');
    assert.equal(later, scheme === 'http' ? '502' : `failed the proxy 127.0.0.1:${proxy.port} responded 502`);
  });
}

/** Sends until the result matches, which it does before many tries. */
async function firstOf(send: () => Promise<string>, wanted: RegExp): Promise<string | undefined> {
  for (let tries = 0; tries < 50; tries += 1) {
    const result = await send();
    if (wanted.test(result)) return result;
  }
  return undefined;
}
