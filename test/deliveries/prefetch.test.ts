/**
 * How many deliveries a process prefetches: none for a slow merchant, up to twice as many as it responds to during one
 * claim for a fast one, never without bound; and how prefetched claims that cannot be sent are released. First the
 * buffer, where time is an argument; then a real service, Postgres and HTTP.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { Claim } from '../../src/deliveries/claim.ts';
import { createPrefetchBuffer, type PrefetchBuffer } from '../../src/deliveries/prefetch.ts';
import { seedEvents } from '../harness/seed-events.ts';
import { waitUntil } from '../harness/wait.ts';
import { attempts, deliveries, waitForLine, waitForStates, webhookEnv } from '../helpers/deliveries.ts';
import { type Answer, type Merchant, startMerchant, status } from '../helpers/merchant.ts';
import { startTestService, type TestService } from '../helpers/service.ts';

function claims(count: number): Claim[] {
  return Array.from({ length: count }, (_, index) => ({ eventId: `e${index}` }) as Claim);
}

/** A buffer that has measured so many requests ending during one claim. */
async function bufferAfter(ends: number, buffer: PrefetchBuffer = createPrefetchBuffer()): Promise<PrefetchBuffer> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const claim = buffer.measureClaim(promise);
  for (let end = 0; end < ends; end += 1) buffer.requestEnded();
  resolve();
  await claim;
  return buffer;
}

test('at first only free slots are filled', () => {
  const buffer = createPrefetchBuffer();

  assert.equal(buffer.claimLimit(16, 0), 16);
  assert.equal(buffer.claimLimit(0, 0), 0);
});

test('when no request ends during a claim, nothing is prefetched', async () => {
  const buffer = await bufferAfter(0);

  assert.equal(buffer.claimLimit(3, 0), 3);
  assert.equal(buffer.claimLimit(0, 0), 0);
});

test('twice as many are prefetched as requests ended during the last claim', async () => {
  const buffer = await bufferAfter(10);

  assert.equal(buffer.claimLimit(3, 0), 3 + 20);
});

test('while more claims wait than requests end during a claim, nothing is claimed', async () => {
  const buffer = await bufferAfter(10);

  buffer.add(claims(11), 0);
  const before = buffer.claimLimit(0, 0);
  buffer.take();

  assert.deepEqual([before, buffer.claimLimit(0, 0)], [0, 10]);
});

test('one fast claim does not end prefetching, several do', async () => {
  const buffer = await bufferAfter(8);

  await bufferAfter(0, buffer);
  const afterOne = buffer.claimLimit(0, 0);
  for (let claim = 0; claim < 3; claim += 1) await bufferAfter(0, buffer);

  assert.deepEqual([afterOne, buffer.claimLimit(0, 0)], [8, 0]);
});

test('a claim that fails is measured like any other', async () => {
  const buffer = createPrefetchBuffer();
  const failing = buffer.measureClaim(Promise.reject(new Error('no database')));
  buffer.requestEnded();

  await assert.rejects(failing, /no database/);

  assert.equal(buffer.claimLimit(0, 0), 2);
});

test('at most 96 are prefetched, however fast the merchant is', async () => {
  const buffer = await bufferAfter(10_000);

  assert.equal(buffer.claimLimit(0, 0), 96);
});

test('with 256 unsettled attempts nothing is claimed, with fewer up to that', async () => {
  const buffer = await bufferAfter(10);

  assert.deepEqual(
    [256, 300, 250, 0].map((unsettled) => buffer.claimLimit(16, unsettled)),
    [0, 0, 6, 36],
  );
});

test('prefetched claims are sent in the order in which they were claimed', () => {
  const buffer = createPrefetchBuffer();
  buffer.add(claims(2), 0);
  buffer.add([{ eventId: 'later' } as Claim], 1);

  const sent = [buffer.take(), buffer.take(), buffer.take(), buffer.take()].map((next) => next?.claim.eventId);

  assert.deepEqual(sent, ['e0', 'e1', 'later', undefined]);
});

test('after some claims have waited too long, only free slots are filled', async () => {
  const buffer = await bufferAfter(10);
  buffer.add(claims(2), 0);

  buffer.takeStale(1000);

  assert.deepEqual([buffer.claimLimit(0, 0), buffer.claimLimit(3, 0)], [0, 3]);
});

test('claims that have waited 1 s are released, younger ones stay', () => {
  const buffer = createPrefetchBuffer();
  buffer.add(claims(2), 0);
  buffer.add([{ eventId: 'later' } as Claim], 500);

  const [early, late] = [buffer.takeStale(999), buffer.takeStale(1000)];

  assert.deepEqual([early.length, late.map((claim) => claim.eventId)], [0, ['e0', 'e1']]);
  assert.equal(buffer.take()?.claim.eventId, 'later');
});

const COUNT = 600;
const FAST = 200;
const CONCURRENCY = 4;

/**
 * A backlog that becomes due at once, and a merchant that responds to the first 200 at once and to the rest by `later`.
 */
async function setupBacklog(t: TestContext, later: Answer) {
  const merchant = await startMerchant(t);
  merchant.answerWith((request, response) =>
    (merchant.received.length <= FAST ? status(204) : later)(request, response),
  );
  const env = webhookEnv(merchant.url, { WEBHOOK_CONCURRENCY: String(CONCURRENCY), SHUTDOWN_TIMEOUT_MS: '100' });
  const receiver = await startTestService(t, { env });
  await seedEvents(receiver, { count: COUNT, state: 'pending' });
  await receiver.query('update outbox set wake_at = now()');
  return { merchant, receiver };
}

async function count(receiver: TestService, state: string): Promise<number> {
  return (await deliveries(receiver)).filter((row) => row.state === state).length;
}

test('claims prefetched for a merchant that hangs are released unsent, and are sent when it responds again', async (t) => {
  const unanswered: ServerResponse[] = [];
  const { merchant, receiver } = await setupBacklog(t, (_request, response) => void unanswered.push(response));
  await merchant.waitFor(FAST + CONCURRENCY);

  const expected = COUNT - FAST - CONCURRENCY;
  const areReleased = await waitUntil(async () => (await count(receiver, 'pending')) === expected);
  const released = (await deliveries(receiver)).filter((row) => row.state === 'pending');
  merchant.answerWith(status(204));
  for (const response of unanswered) response.writeHead(204).end();
  await waitForStates(receiver, ['delivered'], COUNT);

  assert.ok(areReleased);
  assert.deepEqual(new Set(released.map((row) => row.attemptCount)), new Set([0]));
  assert.equal(released.length, expected);
  assert.equal(merchant.received.length, COUNT);
  assert.equal((await attempts(receiver)).length, COUNT);
});

test('when the circuit breaker opens, prefetched claims are released and only probes are sent', async (t) => {
  const { merchant, receiver } = await setupBacklog(t, (_request, response) => void response.socket?.destroy());

  await waitForLine(receiver, 'webhook.down');
  const areReleased = await waitUntil(async () => (await count(receiver, 'delivering')) <= 1);
  const failed = attemptsSeen(merchant) - FAST;
  merchant.answerWith(status(204));
  await waitForStates(receiver, ['delivered'], COUNT);

  assert.ok(areReleased);
  assert.ok(failed >= 5 && failed <= 5 + CONCURRENCY + 1, `${failed} failed`);
  assert.equal((await attempts(receiver)).length, attemptsSeen(merchant));
});

/** Attempts that the merchant saw; one on a reused connection that it closes is sent once more. */
function attemptsSeen({ received }: Merchant): number {
  return new Set(received.map(({ id, attempt }) => `${id} ${attempt}`)).size;
}

test('a stop releases prefetched claims', async (t) => {
  const { merchant, receiver } = await setupBacklog(t, () => undefined);
  await merchant.waitFor(FAST + CONCURRENCY);

  await receiver.service.stop();

  const rows = await deliveries(receiver);
  const states = Map.groupBy(rows, (row) => row.state);
  assert.deepEqual([states.get('delivered')?.length, states.get('delivering')], [FAST, undefined]);
  const unsent = rows.filter((row) => row.attemptCount === 0);
  assert.equal(unsent.length, COUNT - FAST - CONCURRENCY);
  assert.equal((await attempts(receiver)).length, merchant.received.length);
});
