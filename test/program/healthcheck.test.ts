/**
 * `healthcheck`, which a container's HEALTHCHECK runs beside the service, with the same settings. A wrong 0 keeps a
 * dead service in use, and a wrong 1 stops a healthy one. Real service and certificates; one test runs the program
 * itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { healthcheck } from '../../src/commands/healthcheck.ts';
import { SALT } from '../helpers/callbacks.ts';
import { writeSelfSigned } from '../helpers/certificates.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { runProgram } from '../helpers/program.ts';
import { startTestService } from '../helpers/service.ts';

/** The settings of a service that listens at `url`. The command does not use the database. */
function settingsOf(url: string): Record<string, string> {
  const { hostname, port } = new URL(url);
  return { DATABASE_URL: 'postgres://nowhere.invalid/x', DIGEST_SALT: SALT, HOST: hostname, PORT: port };
}

/** Runs the command in this process; returns its exit code and its output. */
async function check(env: Record<string, string>) {
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const code = await healthcheck.run([], { env, print, printError: print });
  return { code, text: lines.join('\n') };
}

test('it exits 0 while the service is ready, and 1 after the service has stopped', async (t) => {
  const receiver = await startTestService(t);
  const env = settingsOf(receiver.url);

  const up = await runProgram(t, ['healthcheck'], env).ended;
  await receiver.service.stop();
  const down = await runProgram(t, ['healthcheck'], env).ended;

  assert.equal(up.code, 0, up.stderr);
  assert.match(up.stdout, /ready/);
  assert.equal(down.code, 1);
  assert.match(down.stderr, /^The service does not respond: .*ECONNREFUSED.*\n$/m);
  assert.doesNotMatch(down.stderr, /^\s+at /m, 'no stack');
});

test('it exits 1 with the reason when the service responds but is not ready', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  const receiver = await startTestService(t, { databaseUrl: proxy.url });
  await proxy.leave();

  const { code, text } = await check(settingsOf(receiver.url));

  assert.equal(code, 1);
  assert.match(text, /database/);
});

test('it requests STATUS_PORT', async (t) => {
  const receiver = await startTestService(t, { env: { STATUS_PORT: '0' } });
  const { port } = new URL(receiver.service.urls.status);

  const right = await check({ ...settingsOf(receiver.url), STATUS_PORT: port });
  const wrong = await check(settingsOf(receiver.url));

  assert.deepEqual([right.code, wrong.code], [0, 1], 'the port for callbacks has no /readyz');
});

test('it requests the loopback address when HOST means every address', async (t) => {
  const four = await startTestService(t);
  const six = await startTestService(t, { env: { HOST: '::1' } });
  const [portOfFour, portOfSix] = [four, six].map(({ url }) => new URL(url).port);

  for (const [HOST, PORT = ''] of [
    ['0.0.0.0', portOfFour],
    ['::', portOfSix],
    ['::1', portOfSix],
  ] as const) {
    const { code, text } = await check({ ...settingsOf(four.url), HOST, PORT });

    assert.equal(code, 0, `${HOST}: ${text}`);
  }
});

test('it uses HTTPS like the service, with any name in the certificate', async (t) => {
  const { cert, key } = await writeSelfSigned(t, 'shop.example');
  const tls = { TLS_CERT_FILE: cert, TLS_KEY_FILE: key };
  const receiver = await startTestService(t, { env: tls });

  const { code, text } = await check({ ...settingsOf(receiver.url), ...tls });

  assert.match(receiver.url, /^https:/);
  assert.equal(code, 0, text);
});

test('invalid settings exit 78 and are named', async () => {
  const { code, text } = await check({ ...settingsOf('http://127.0.0.1:1'), STATUS_PORT: 'x' });

  assert.equal(code, 78);
  assert.match(text, /STATUS_PORT/);
});
