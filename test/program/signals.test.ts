/**
 * `serve` under signals: the first one drains and ends with 0, a second one, when the operator has lost patience, ends it
 * at once, and one that comes before the database is there is heard too. Real processes and signals.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { startMerchant } from '../harness/merchant.ts';
import { startDatabaseProxy } from '../harness/postgres-proxy.ts';
import { type Run, runProgram } from '../harness/program.ts';
import { waitUntil } from '../harness/wait.ts';
import { SALT, send, target } from '../helpers/callbacks.ts';
import { webhookEnv } from '../helpers/deliveries.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce } from '../helpers/service.ts';

/** A service with one delivery in flight; `answer` lets the merchant answer it. */
async function setup(t: TestContext) {
  const { url: databaseUrl } = await createDatabase(t);
  const merchant = await startMerchant(t);
  const { promise: asked, resolve } = Promise.withResolvers<() => void>();
  merchant.answerWith((_request, response) => resolve(() => response.writeHead(204).end()));
  const base = { DATABASE_URL: databaseUrl, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT };
  const patient = { WEBHOOK_TIMEOUT_MS: '60000', SHUTDOWN_TIMEOUT_MS: '60000' };
  const run = runProgram(t, ['serve'], { ...base, ...webhookEnv(merchant.url, patient) });
  await run.line('service.ready');
  const url = String((await run.line('service.listening')).callbacks);
  assert.equal((await send(url, target('UNFREEZE', 'p1'))).status, 204);
  return { databaseUrl, url, run, answer: await asked };
}

/** Resolves when the service listens no more: it has heard the signal. */
async function waitUntilDeaf(url: string): Promise<void> {
  const isDeaf = await waitUntil(async () => {
    const answer = await send(url, '/healthz').catch((error: NodeJS.ErrnoException) => error);
    return answer instanceof Error && answer.code === 'ECONNREFUSED';
  });
  assert.ok(isDeaf);
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
  test(`${signal} finishes what is in flight and exits 0`, async (t) => {
    const { databaseUrl, url, run, answer } = await setup(t);

    run.child.kill(signal);
    await waitUntilDeaf(url);
    const hadEnded = run.hasEnded();
    answer();
    const { code } = await run.ended;

    assert.deepEqual([hadEnded, code], [false, 0]);
    assert.deepEqual(await queryOnce(databaseUrl, 'select state from deliveries'), [{ state: 'delivered' }]);
    assert.equal(run.log().at(-1)?.event, 'service.stopped');
  });
}

test('a second signal more than a second later ends it at once, and one sooner does not', async (t) => {
  const { url, run } = await setup(t);
  const firstAt = performance.now();
  run.child.kill('SIGTERM');
  await waitUntilDeaf(url);

  await repeatUntilEnded(run, 'SIGTERM');

  const tookMs = performance.now() - firstAt;
  const { code } = await run.ended;
  assert.equal(code, 1);
  assert.ok(tookMs > 950 && tookMs < 10_000, `${Math.round(tookMs)} ms`);
});

test('a signal while the service still waits for its database ends it with 0', async (t) => {
  const proxy = await startDatabaseProxy(t, (await createDatabase(t)).url);
  await proxy.leave();
  const env = { DATABASE_URL: proxy.url, HOST: '127.0.0.1', PORT: '0', DIGEST_SALT: SALT };
  const run = runProgram(t, ['serve'], env);
  await run.line('database.unreachable');

  run.child.kill('SIGTERM');

  const hasEnded = await waitUntil(async () => run.hasEnded(), 5_000);
  assert.ok(hasEnded, 'it still waits for the database');
  assert.equal((await run.ended).code, 0);
});
