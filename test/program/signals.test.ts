/**
 * `serve` under signals: the first one drains and exits 0, a second one exits at once, and one that arrives before the
 * database is available stops the service too. Real processes and signals.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { type Run, runProgram } from '../helpers/program.ts';
import { queryOnce } from '../helpers/service.ts';

/** Starts a service with one delivery in flight; `respond` lets the merchant respond to it. */
async function setup(t: TestContext) {
  const { url: databaseUrl } = await createDatabase(t);
  const merchant = await startMerchant(t);
  const { promise: requested, resolve } = Promise.withResolvers<() => void>();
  merchant.answerWith((_request, response) => resolve(() => response.writeHead(204).end()));
  const base = { DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT };
  const longTimeouts = { WEBHOOK_TIMEOUT_MS: '60000', SHUTDOWN_TIMEOUT_MS: '60000' };
  const run = runProgram(t, ['serve'], { ...base, ...webhookEnv(merchant.url, longTimeouts) });
  await run.line('service.ready');
  const url = String((await run.line('service.listening')).callbacks);
  assert.equal((await send(url, target('UNFREEZE', 'p1'))).status, 204);
  return { databaseUrl, url, run, respond: await requested };
}

/** Resolves when the service has stopped listening, which means that it has received the signal. */
async function waitUntilNotListening(url: string): Promise<void> {
  const isClosed = await waitUntil(async () => {
    const response = await send(url, '/healthz').catch((error: NodeJS.ErrnoException) => error);
    return response instanceof Error && response.code === 'ECONNREFUSED';
  });
  assert.ok(isClosed);
}

async function repeatUntilEnded(run: Run, signal: NodeJS.Signals): Promise<void> {
  assert.ok(
    await waitUntil(async () => {
      if (!run.hasEnded()) run.child.kill(signal);
      return run.hasEnded();
    }),
  );
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`${signal} finishes work in flight and exits 0`, async (t) => {
    const { databaseUrl, url, run, respond } = await setup(t);

    run.child.kill(signal);
    await waitUntilNotListening(url);
    const hadEnded = run.hasEnded();
    respond();
    const { code } = await run.ended;

    assert.deepEqual([hadEnded, code], [false, 0]);
    assert.deepEqual(await queryOnce(databaseUrl, 'select state from deliveries'), [{ state: 'delivered' }]);
    assert.equal(run.log().at(-1)?.event, 'service.stopped');
  });
}

test('a second signal after more than one second exits at once, and an earlier one does not', async (t) => {
  const { url, run } = await setup(t);
  const firstAt = performance.now();
  run.child.kill('SIGTERM');
  await waitUntilNotListening(url);

  await repeatUntilEnded(run, 'SIGTERM');

  const tookMs = performance.now() - firstAt;
  const { code } = await run.ended;
  assert.equal(code, 1);
  assert.ok(tookMs > 950, `${Math.round(tookMs)} ms`);
});

test('a signal while the service waits for its database exits 0', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  await proxy.leave();
  const env = { DATABASE_URL: proxy.url, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT };
  const run = runProgram(t, ['serve'], env);
  await run.line('database.unreachable');

  run.child.kill('SIGTERM');

  const hasEnded = await waitUntil(async () => run.hasEnded());
  assert.ok(hasEnded, 'it still waits for the database');
  assert.equal((await run.ended).code, 0);
});
