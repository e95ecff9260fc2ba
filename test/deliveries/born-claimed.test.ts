/**
 * A delivery that is claimed by the statement that stores its event, and sent from memory, is as safe as one that was looked
 * for: its process is killed between commit and request, between request and settlement, and while it stops; it stops, or its
 * webhook goes down, between commit and request. A real process, killed as by a power cut; real Postgres behind a proxy that
 * holds what it answers, so that a commit has happened of which the process does not know.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import { startMerchant, status } from '../harness/merchant.ts';
import { startDatabaseProxy } from '../harness/postgres-proxy.ts';
import { startProcess } from '../harness/process.ts';
import { waitUntil } from '../harness/wait.ts';
import { send, target } from '../helpers/callbacks.ts';
import { lockTables } from '../helpers/database-state.ts';
import { attempts, deliveries, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { createDatabase } from '../helpers/postgres.ts';
import { queryOnce, type World } from '../helpers/service.ts';

/** A claim holds so long and 5 s. */
const SHORT_TIMEOUT_MS = '1000';
const LONG_TIMEOUT_MS = '20000';
const WAITING = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
const FAILURES_UNTIL_DOWN = 5;

/** A process that has delivered one event, so that its connections are there. */
async function setup(t: TestContext, timeoutMs = SHORT_TIMEOUT_MS) {
  const { url: databaseUrl } = await createDatabase(t);
  const proxy = await startDatabaseProxy(t, databaseUrl);
  const merchant = await startMerchant(t);
  const env = webhookEnv(merchant.url, {
    WEBHOOK_TIMEOUT_MS: timeoutMs,
    WEBHOOK_RETRY_SCHEDULE: '1s,1s,1s,1s',
  });
  const service = await startProcess(t, proxy.url, env);
  const database: Pick<World, 'query'> = { query: (text, values) => queryOnce(databaseUrl, text, values) };
  assert.equal((await send(service.url, target('UNFREEZE', 'p0'))).status, 204);
  await waitForStates(database, ['delivered']);
  const startNext = () => startProcess(t, databaseUrl, env);
  return { proxy, merchant, service, databaseUrl, database, startNext };
}

/** Resolves when so many deliveries were claimed with their events; nobody has looked for them. */
async function waitUntilBorn({ query }: Pick<World, 'query'>, count = 1): Promise<void> {
  const isBorn = await waitUntil(async () => {
    const rows = await query(`
      select from outbox join events using (sequence)
      where state = 'delivering' and attempt_count = 1 and claimed_at = received_at`);
    return rows.length === count;
  });
  assert.ok(isBorn, JSON.stringify(await deliveries({ query })));
}

/** Resolves when it listens no more: it has heard the signal. */
async function waitUntilDeaf(url: string): Promise<void> {
  const isDeaf = await waitUntil(async () => {
    const answer = await send(url, '/healthz').catch((error: NodeJS.ErrnoException) => error);
    return answer instanceof Error && answer.code === 'ECONNREFUSED';
  });
  assert.ok(isDeaf);
}

/** What is written down of the event that a dead process has claimed: that claim, and the attempt of the next process. */
async function assertSentAgain(database: Pick<World, 'query'>): Promise<void> {
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
  ['killed there while it stops', true],
] as const) {
  test(`${when}, an event that no answer told of is sent by the next process`, async (t) => {
    const { proxy, merchant, service, database, startNext } = await setup(t);
    proxy.holdReplies();
    const unanswered = send(service.url, target('UNFREEZE', 'p1')).then(
      (answer) => answer.status,
      () => 'none',
    );
    await waitUntilBorn(database);

    if (isStopping) {
      void service.stop();
      await waitUntilDeaf(service.url);
    }
    await service.kill();
    const answer = await unanswered;
    const seen = merchant.received.length;
    proxy.speak();
    const next = await startNext();
    // Resurs comes again with what was not answered.
    const again = await send(next.url, target('UNFREEZE', 'p1'));
    await waitForStates(database, ['delivered'], 2);

    assert.deepEqual([answer, seen, again.status], ['none', 1, 204]);
    assert.deepEqual(
      merchant.received.slice(1).map((one) => [JSON.parse(one.body).data.paymentId, one.attempt]),
      [['p1', 2]],
    );
    await assertSentAgain(database);
  });
}

test('killed between request and settlement, an event is sent again with the same id and bytes', async (t) => {
  // Long enough that no busy machine lets the request time out before it is answered.
  const { proxy, merchant, service, database, startNext } = await setup(t, '5000');
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<ServerResponse>();
  merchant.answerWith((_request, response) => onAsked(response));
  assert.equal((await send(service.url, target('UNFREEZE', 'p1'))).status, 204);
  const response = await asked;
  await waitUntilBorn(database);
  // The settlement comes no further than the proxy.
  proxy.silence();
  merchant.answerWith(status(204));
  const answered = once(response, 'finish');
  response.writeHead(204).end();
  await answered;

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

test('stopped between commit and request, a process answers its callback and gives the claim back unsent', async (t) => {
  const { proxy, merchant, service, database, startNext } = await setup(t);
  proxy.holdReplies();
  const answer = send(service.url, target('UNFREEZE', 'p1'));
  await waitUntilBorn(database);

  const stopped = service.stop();
  await waitUntilDeaf(service.url);
  proxy.speak();
  const [exitCode, { status: answered }] = await Promise.all([stopped, answer]);
  const [, left] = await deliveries(database);
  const seen = merchant.received.length;
  await startNext();
  await waitForStates(database, ['delivered'], 2);

  assert.deepEqual([exitCode, answered, seen], [0, 204, 1]);
  assert.deepEqual([left?.state, left?.attemptCount, left?.triesUsed], ['pending', 0, 0]);
  assert.deepEqual(
    (await attempts(database)).map((row) => [row.paymentId, row.number, row.outcome]),
    [
      ['p0', 1, 'accepted'],
      ['p1', 1, 'accepted'],
    ],
  );
});

test('a webhook that goes down between commit and request gets nothing of it but its probes', async (t) => {
  const { proxy, merchant, service, databaseUrl, database } = await setup(t, LONG_TIMEOUT_MS);
  const held: ServerResponse[] = [];
  merchant.answerWith((_request, response) => void held.push(response));
  const failing = Array.from({ length: FAILURES_UNTIL_DOWN }, (_, n) => `failing-${n}`);
  for (const id of failing) await send(service.url, target('UNFREEZE', id));
  await merchant.waitFor(1 + FAILURES_UNTIL_DOWN);
  // Two groups of callbacks are under way, on connections that are there.
  const lock = await lockTables(t, databaseUrl, 'identities');
  const answers: ReturnType<typeof send>[] = [];
  for (const id of ['late-1', 'late-2']) {
    answers.push(send(service.url, target('UNFREEZE', id)));
    // One after the other, or they would share a statement.
    assert.ok(await waitUntil(async () => (await database.query(WAITING)).length === answers.length));
  }
  proxy.holdReplies();
  await lock.release();
  await waitUntilBorn(database, FAILURES_UNTIL_DOWN + 2);

  for (const response of held.splice(0)) response.socket?.destroy();
  await waitForLine(service, 'webhook.down');
  proxy.speak();
  const statuses = (await Promise.all(answers)).map((answer) => answer.status);
  // One at most is a probe, which is not answered.
  const isReleased = await waitUntil(async () => {
    const late = (await deliveries(database)).filter(({ paymentId }) => paymentId.startsWith('late'));
    return late.some(({ state, attemptCount }) => state === 'pending' && attemptCount === 0);
  });
  const seen = merchant.received.length;
  merchant.answerWith(status(204));
  for (const response of held) response.writeHead(204).end();
  await waitForStates(database, ['delivered'], 1 + FAILURES_UNTIL_DOWN + 2);

  assert.deepEqual(statuses, [204, 204]);
  assert.ok(isReleased);
  assert.ok(seen <= 1 + FAILURES_UNTIL_DOWN + 1, `${seen} requests`);
  const outcomes = (await attempts(database)).map(({ outcome }) => outcome);
  assert.equal(outcomes.includes('abandoned'), false);
  assert.equal((await attempts(database)).length, merchant.received.length);
});
