/**
 * How `simulate --to` signs and sends: with the settings of the real delivery, without a whole configuration, and never
 * to another machine without consent. Wrong usage sends nothing.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import * as path from 'node:path';
import { test } from 'node:test';
import { simulate } from '../../src/commands/simulate/simulate.ts';
import { startForwardProxy } from '../harness/forward-proxy.ts';
import { makeAuthority } from '../helpers/certificates.ts';
import { makeFolder } from '../helpers/embedded.ts';
import { listenForTest } from '../helpers/listen.ts';
import { runCommand } from '../helpers/run-command.ts';
import { ENV, SECRET, startShop, verified } from './sample-shop.ts';

const PREVIOUS = `whsec_${Buffer.from('the secret that the shop had before').toString('base64')}`;
const AUTHORIZATION = 'Bearer shop-9Qw4';

test('during a rotation the shop verifies with either secret, and the Authorization header is sent', async (t) => {
  const { shop, run } = await startShop(t);
  const folder = await makeFolder(t);
  const file = path.join(folder, 'previous');
  await writeFile(file, `${PREVIOUS}\n`);

  const { exitCode, out } = await run(['--event', 'payment.frozen'], {
    ...ENV,
    WEBHOOK_SECRET_PREVIOUS_FILE: file,
    WEBHOOK_AUTHORIZATION: AUTHORIZATION,
  });

  assert.equal(exitCode, 0);
  const [request] = shop.received;
  assert.ok(request !== undefined);
  assert.equal(verified(request, SECRET).type, 'payment.frozen');
  assert.equal(verified(request, PREVIOUS).type, 'payment.frozen');
  assert.equal(request.headers.authorization, AUTHORIZATION);
  assert.match(request.headers['user-agent'] ?? '', /^resurs-callback-receiver\/\d/);
  for (const secret of [SECRET, PREVIOUS, AUTHORIZATION]) assert.ok(!out.includes(secret));
});

test('settings that the shop has nothing to do with may be wrong', async (t) => {
  const { run } = await startShop(t);

  const { exitCode } = await run(['--life', 'test'], {
    ...ENV,
    PORT: 'x',
    DIGEST_KEY: 'short',
    DATABASE_URL: 'nothing',
  });

  assert.equal(exitCode, 0);
});

const MAKE = /openssl rand -base64 32/;
const USAGE: Readonly<Record<string, readonly [args: readonly string[], env: Record<string, string>, says: RegExp]>> = {
  'no secret': [['--life', 'test'], {}, /WEBHOOK_SECRET is not set.*openssl rand -base64 32/],
  'an empty secret': [['--life', 'test'], { WEBHOOK_SECRET: '' }, MAKE],
  'a secret without its prefix': [
    ['--life', 'test'],
    { WEBHOOK_SECRET: SECRET.slice(6) },
    /^WEBHOOK_SECRET does not start with whsec_\. Make one/,
  ],
  'a short secret': [['--life', 'test'], { WEBHOOK_SECRET: 'whsec_c2hvcnQ=' }, MAKE],
  'a secret that is no base64': [['--life', 'test'], { WEBHOOK_SECRET: 'whsec_-_-_' }, MAKE],
  'a secret file that is missing': [
    ['--life', 'test'],
    { WEBHOOK_SECRET_FILE: '/nowhere' },
    /^WEBHOOK_SECRET_FILE names a file that cannot be read(?!.*openssl)/,
  ],
  'a secret and a file of it': [
    ['--life', 'test'],
    { ...ENV, WEBHOOK_SECRET_FILE: import.meta.filename },
    /WEBHOOK_SECRET_FILE are both set(?!.*openssl)/,
  ],
  'a wrong previous secret': [
    ['--life', 'test'],
    { ...ENV, WEBHOOK_SECRET_PREVIOUS: 'x' },
    /WEBHOOK_SECRET_PREVIOUS does not start with whsec_\. Unset it, or/,
  ],
  'a client key that is none': [
    ['--life', 'test'],
    { ...ENV, WEBHOOK_CLIENT_KEY_FILE: import.meta.filename, WEBHOOK_CLIENT_CERT_FILE: import.meta.filename },
    /^WEBHOOK_CLIENT_CERT_FILE names a file that contains no certificate/,
  ],
  'half a client certificate': [
    ['--life', 'test'],
    { ...ENV, WEBHOOK_CLIENT_KEY_FILE: '/k' },
    /WEBHOOK_CLIENT_KEY_FILE is set without WEBHOOK_CLIENT_CERT_FILE/,
  ],
  'an authority that cannot be read': [
    ['--life', 'test'],
    { ...ENV, WEBHOOK_CA_FILE: '/nowhere' },
    /^WEBHOOK_CA_FILE names a file that cannot be read \(ENOENT\)/,
  ],
  'an authority without a certificate': [
    ['--life', 'test'],
    { ...ENV, WEBHOOK_CA_FILE: import.meta.filename },
    /^WEBHOOK_CA_FILE names a file that contains no certificate/,
  ],
  'neither event nor life': [
    [],
    ENV,
    /needs --event TYPE or --life NAME\. Lives: booked-never-frozen, .*test; all\. Event types: payment\.booked, /,
  ],
  'a life that does not exist': [
    ['--life', 'forever'],
    ENV,
    /--life "forever" does not exist\. Lives: booked-never-frozen, /,
  ],
  'an event that does not exist': [
    ['--event', 'payment.lost'],
    ENV,
    /"payment\.lost" does not exist\. Event types: .*payment\.updated:credit/,
  ],
  'a kind that does not exist': [['--event', 'payment.updated:more'], ENV, /does not exist/],
  'a kind of another type': [['--event', 'payment.booked:null'], ENV, /does not exist/],
  'a payment that cannot be': [['--life', 'test', '--payment', '..'], ENV, /--payment is not an id/],
  'an environment that is none': [['--life', 'test', '--environment', 'live'], ENV, /--environment .*test.*production/],
  'a URL beside it': [['http://127.0.0.1:1/', '--life', 'test'], ENV, /--to and a URL exclude each other/],
  'an option of callbacks': [['--life', 'test', '--speed', '5'], ENV, /--to and --speed exclude each other/],
  'a fake Resurs': [['--life', 'test', '--listen', '0'], ENV, /--to and --listen exclude each other/],
};

test('wrong usage is exit code 64 and sends nothing', async (t) => {
  const { shop, run } = await startShop(t);

  for (const [name, [args, env, says]] of Object.entries(USAGE)) {
    const { exitCode, out, errors } = await run(args, env);
    assert.deepEqual([exitCode, out], [64, ''], name);
    assert.match(errors, says, name);
    for (const secret of Object.values(env)) assert.ok(secret.length < 9 || !errors.includes(secret), name);
  }
  for (const to of ['shop', 'ftp://shop.example/', 'http://user:secret-of-url@127.0.0.1/', 'http://127.0.0.1/#part']) {
    const { exitCode, errors } = await runCommand(simulate, ['--to', to, '--life', 'test'], ENV);
    assert.deepEqual([exitCode, errors.includes('secret-of-url')], [64, false]);
    assert.match(errors, /^--to /);
  }
  const withoutTo = await runCommand(simulate, ['--life', 'test'], ENV);
  assert.deepEqual([withoutTo.exitCode, shop.received.length], [64, 0]);
  assert.match(withoutTo.errors, /--life needs --to URL/);
});

test('a shop on another machine gets nothing without consent, and then through the proxy of the settings', async (t) => {
  const { shop } = await startShop(t);
  const proxy = await startForwardProxy({ leadsTo: { host: '127.0.0.1', port: Number(new URL(shop.url).port) } });
  t.after(proxy.close);
  const env = { ...ENV, http_proxy: proxy.url };
  const args = ['--to', 'http://shop.example/hook?key=in-the-query', '--life', 'late-frozen', '--payment', '7001'];
  const asked: string[] = [];
  const confirm = async (question: string) => asked.push(question) < 0;

  const alone = await runCommand(simulate, args, env);
  const refused = await runCommand(simulate, args, env, { confirm });
  assert.deepEqual([alone.exitCode, refused.exitCode, asked, proxy.requests], [1, 1, ['Send them?'], []]);
  const { exitCode, out, errors } = await runCommand(simulate, [...args, '--yes'], env);

  assert.equal(exitCode, 0, errors);
  assert.match(
    alone.errors,
    /3 signed sample events go to http:\/\/shop\.example\/hook\?\*+ through the proxy 127\.0\.0\.1:\d+, /,
  );
  assert.match(alone.errors, /Payments: 7001\.\nNothing was sent\. Add --yes to go on\./);
  assert.deepEqual(proxy.requests, Array(3).fill('POST http://shop.example/hook?key=in-the-query'));
  assert.deepEqual(
    shop.received.map((request) => verified(request).data.paymentId),
    Array(3).fill('7001'),
  );
  assert.ok(!`${out}${errors}`.includes('in-the-query'));
});

test('a shop with a private certificate that asks for a client certificate is reached with the files of the settings', async (t) => {
  const authority = await makeAuthority();
  const [server, client] = await Promise.all([authority.issue('localhost'), authority.issue('receiver')]);
  const ids: string[] = [];
  const options = { ...server, ca: authority.root, requestCert: true, rejectUnauthorized: true };
  const shop = https.createServer(options, (request, response) => {
    ids.push(String(request.headers['webhook-id']));
    request.resume().on('end', () => response.writeHead(204).end());
  });
  const { port } = await listenForTest(t, shop);
  const folder = await makeFolder(t);
  const files = { CA: authority.root, CLIENT_CERT: client.cert, CLIENT_KEY: client.key };
  const env: Record<string, string> = { ...ENV };
  for (const [name, pem] of Object.entries(files)) {
    env[`WEBHOOK_${name}_FILE`] = path.join(folder, name);
    await writeFile(path.join(folder, name), pem);
  }
  const args = ['--to', `https://localhost:${port}/hook`, '--life', 'frozen-annulled'];

  const stranger = await runCommand(simulate, args, ENV);
  const known = await runCommand(simulate, args, env);

  assert.deepEqual([stranger.exitCode, known.exitCode], [1, 0], known.out);
  assert.match(stranger.out, /WEBHOOK_CA_FILE is for the authority of a private certificate/);
  assert.equal(new Set(ids).size, 3);
});

const BROKEN_TLS: Readonly<Record<string, readonly [name: string, options: { untilDays?: number }, says: RegExp]>> = {
  'is for another name': [
    'shop.example',
    {},
    /ERR_TLS_CERT_ALTNAME_INVALID, .*\n +The certificate is for another name/,
  ],
  'has expired': ['localhost', { untilDays: -0.5 }, /CERT_HAS_EXPIRED, .*\n +The certificate, or one of .* not valid/],
};
for (const [fault, [name, options, says]] of Object.entries(BROKEN_TLS)) {
  test(`a certificate that ${fault} is not blamed on its authority`, async (t) => {
    const authority = await makeAuthority();
    const shop = https.createServer(await authority.issue(name, options));
    const { port } = await listenForTest(t, shop);
    const file = path.join(await makeFolder(t), 'ca.pem');
    await writeFile(file, authority.root);
    const args = ['--to', `https://localhost:${port}/hook`, '--life', 'test'];

    const { exitCode, out } = await runCommand(simulate, args, { ...ENV, WEBHOOK_CA_FILE: file });

    assert.equal(exitCode, 1);
    assert.match(out, says);
  });
}

test('an https URL of an endpoint without TLS is named as such', async (t) => {
  const { shop } = await startShop(t);

  const { out } = await runCommand(simulate, ['--to', shop.url.replace('http:', 'https:'), '--life', 'test'], ENV);

  assert.match(out, /ERR_SSL_\w+, .*\n +Does the endpoint speak https/);
});
