/**
 * A born-claimed delivery, which the storing statement claims and which is sent from memory, is as safe as one that the
 * dispatcher claims. Its process is killed between commit and request, between request and settlement, and while it
 * stops; it stops, or the circuit breaker opens, between commit and request. A real process, killed as by a power cut;
 * real Postgres behind a proxy that delays its responses, so that the process does not know of a commit.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { waitUntil } from '../harness/wait.ts';
import { waitForStoring } from '../helpers/blocking-transaction.ts';
import { send, target } from '../helpers/callbacks.ts';
import { lockTables } from '../helpers/database-state.ts';
import { attempts, deliveries, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { startMerchant, status } from '../helpers/merchant.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { startDatabaseProxy } from '../helpers/postgres-proxy.ts';
import { startProcess } from '../helpers/process.ts';
import { queryOnce, type TestService } from '../helpers/service.ts';

/** A lease is this long and 5 s. */
const SHORT_TIMEOUT_MS = '1000';
const LONG_TIMEOUT_MS = '20000';
const FAILURES_TO_OPEN = 5;

/** A process that has delivered one event, so that its connections are open. */
async function setup(t: TestContext, timeoutMs = SHORT_TIMEOUT_MS) {
  const { url: databaseUrl } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, databaseUrl);
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url, {
    WEBHOOK_TIMEOUT_MS: timeoutMs,
    WEBHOOK_RETRY_SCHEDULE: '1s,1s,1s,1s',
  });
  const service = await startProcess(t, proxy.url, env);
  const database: Pick<TestService, 'query'> = { query: (text, values) => queryOnce(databaseUrl, text, values) };
  assert.equal((await send(service.url, target('UNFREEZE', 'p0'))).status, 204);
  await waitForStates(database, ['delivered']);
  const startNext = () => startProcess(t, databaseUrl, env);
  return { proxy, merchant, service, databaseUrl, database, startNext };
}

/** Resolves when so many deliveries were claimed by the statements that stored their events. */
async function waitUntilBorn({ query }: Pick<TestService, 'query'>, count = 1): Promise<void> {
  const isBorn = await waitUntil(async () => {
    const rows = await query(`
      select from outbox join events using (sequence)
      where state = 'delivering' and attempt_count = 1 and claimed_at = received_at`);
    return rows.length === count;
  });
  assert.ok(isBorn, JSON.stringify(await deliveries({ query })));
}

/** Resolves when the process no longer listens: it has received the signal. */
async function waitUntilClosed(url: string): Promise<void> {
  const isClosed = await waitUntil(async () => {
    const result = await send(url, '/healthz').catch((error: NodeJS.ErrnoException) => error);
    return result instanceof Error && result.code === 'ECONNREFUSED';
  });
  assert.ok(isClosed);
}

/** The attempts of the event that a killed process has claimed: that claim, and the attempt of the next process. */
async function assertSentAgain(database: Pick<TestService, 'query'>): Promise<void> {
  const ofEvent = (await attempts(database)).filter(({ paymentId }) => paymentId === 'p1');
  assert.deepEqual(
    ofEvent.map((row) => [row.number, row.outcome, row.error]),
    [
      [1, 'abandoned', 'claim expired'],
      [2, 'accepted', null],
    ],
  );
}

for (const [when, isStopping] of [
  ['killed between commit and request', false],
  ['killed between commit and request while it stops', true],
] as const) {
  test(`after a process was ${when}, the next process sends the event whose callback got no response`, async (t) => {
    const { proxy, merchant, service, database, startNext } = await setup(t);
    proxy.holdReplies();
    const outcome = send(service.url, target('UNFREEZE', 'p1')).then(
      (response) => response.status,
      () => 'none',
    );
    await waitUntilBorn(database);

    if (isStopping) {
      void service.stop();
      await waitUntilClosed(service.url);
    }
    await service.kill();
    const outcomeAfterKill = await outcome;
    const seen = merchant.received.length;
    proxy.speak();
    const next = await startNext();
    // Resurs repeats the callback that got no response.
    const again = await send(next.url, target('UNFREEZE', 'p1'));
    await waitForStates(database, ['delivered'], 2);

    assert.deepEqual([outcomeAfterKill, seen, again.status], ['none', 1, 204]);
    assert.deepEqual(
      merchant.received.slice(1).map((one) => [JSON.parse(one.body).data.paymentId, one.attempt]),
      [['p1', 2]],
    );
    await assertSentAgain(database);
  });
}

test('after a process was killed between request and settlement, the event is sent again with the same id and bytes', async (t) => {
  // Long enough that a busy host does not let the request time out before the response.
  const { proxy, merchant, service, database, startNext } = await setup(t, '5000');
  const { promise: requested, resolve: onRequest } = Promise.withResolvers<ServerResponse>();
  merchant.answerWith((_request, response) => onRequest(response));
  assert.equal((await send(service.url, target('UNFREEZE', 'p1'))).status, 204);
  const response = await requested;
  await waitUntilBorn(database);
  // The settlement gets no further than the proxy.
  proxy.silence();
  merchant.answerWith(status(204));
  const finished = once(response, 'finish');
  response.writeHead(204).end();
  await finished;

  await service.kill();
  await proxy.leave();
  await startNext();
  await waitForStates(database, ['delivered'], 2);

  const [, first, second] = merchant.received;
  assert.equal(merchant.received.length, 3);
  assert.deepEqual([first?.attempt, second?.attempt], [1, 2]);
  assert.deepEqual([second?.id, second?.body], [first?.id, first?.body]);
  await assertSentAgain(database);
});

test('a process stopped between commit and request responds to the callback and releases the claim unsent', async (t) => {
  const { proxy, merchant, service, database, startNext } = await setup(t);
  proxy.holdReplies();
  const callback = send(service.url, target('UNFREEZE', 'p1'));
  await waitUntilBorn(database);

  const stopped = service.stop();
  await waitUntilClosed(service.url);
  proxy.speak();
  const [exitCode, { status: responseStatus }] = await Promise.all([stopped, callback]);
  const [, left] = await deliveries(database);
  const seen = merchant.received.length;
  await startNext();
  await waitForStates(database, ['delivered'], 2);

  assert.deepEqual([exitCode, responseStatus, seen], [0, 204, 1]);
  assert.deepEqual([left?.state, left?.attemptCount, left?.triesUsed], ['pending', 0, 0]);
  assert.deepEqual(
    (await attempts(database)).map((row) => [row.paymentId, row.number, row.outcome]),
    [
      ['p0', 1, 'accepted'],
      ['p1', 1, 'accepted'],
    ],
  );
});

test('when the circuit breaker opens between commit and request, only probes are sent', async (t) => {
  const { proxy, merchant, service, databaseUrl, database } = await setup(t, LONG_TIMEOUT_MS);
  const unanswered: ServerResponse[] = [];
  merchant.answerWith((_request, response) => void unanswered.push(response));
  const failing = Array.from({ length: FAILURES_TO_OPEN }, (_, n) => `failing-${n}`);
  for (const id of failing) await send(service.url, target('UNFREEZE', id));
  await merchant.waitFor(1 + FAILURES_TO_OPEN);
  // Two batches of callbacks are in flight, on open connections.
  const lock = await lockTables(t, databaseUrl, 'identities');
  const callbacks: ReturnType<typeof send>[] = [];
  for (const id of ['late-1', 'late-2']) {
    callbacks.push(send(service.url, target('UNFREEZE', id)));
    // One after the other; together they would share a statement.
    await waitForStoring(database, callbacks.length);
  }
  proxy.holdReplies();
  await lock.release();
  await waitUntilBorn(database, FAILURES_TO_OPEN + 2);

  for (const response of unanswered.splice(0)) response.writeHead(503).end();
  await waitForLine(service, 'webhook.down');
  proxy.speak();
  const statuses = (await Promise.all(callbacks)).map((response) => response.status);
  // One at most is a probe, which gets no response.
  const isReleased = await waitUntil(async () => {
    const late = (await deliveries(database)).filter(({ paymentId }) => paymentId.startsWith('late'));
    return late.some(({ state, attemptCount }) => state === 'pending' && attemptCount === 0);
  });
  const seen = merchant.received.length;
  merchant.answerWith(status(204));
  for (const response of unanswered) response.writeHead(204).end();
  await waitForStates(database, ['delivered'], 1 + FAILURES_TO_OPEN + 2);

  assert.deepEqual(statuses, [204, 204]);
  assert.ok(isReleased);
  assert.ok(seen <= 1 + FAILURES_TO_OPEN + 1, `${seen} requests`);
  const outcomes = (await attempts(database)).map(({ outcome }) => outcome);
  assert.equal(outcomes.includes('abandoned'), false);
  assert.equal((await attempts(database)).length, merchant.received.length);
});
