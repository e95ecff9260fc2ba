/**
 * A webhook that has just gone down gets its probes and nothing beside them: claims that were being made meanwhile, by a claim
 * or by the statement that stores, go back unsent. The outbox and the webhook are played, since the order of the two is
 * the point.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AttemptResult } from '../../src/deliveries/attempt.ts';
import type { Claim } from '../../src/deliveries/claim.ts';
import { createDispatcher } from '../../src/deliveries/dispatcher.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { waitUntil } from '../harness/wait.ts';

const UNREACHABLE: AttemptResult = {
  outcome: 'unreachable',
  durationMs: 1,
  status: null,
  error: 'ECONNREFUSED',
  answer: null,
  retryAfterMs: null,
};

function claims(...names: string[]): Claim[] {
  return names.map((eventId, index) => {
    const tries = { attempt: 1, triesUsed: 0, abandonedInRow: 0 };
    return {
      eventId,
      token: 't',
      sequence: index,
      paymentKey: eventId,
      ...tries,
      dueAt: new Date(0),
      event: {},
    } as unknown as Claim;
  });
}

/** A dispatcher whose claims come, and whose requests end, when the test says so. */
function setup(t: TestContext) {
  let nowMs = 0;
  const asked: ((claims: Claim[]) => void)[] = [];
  const requests: (() => void)[] = [];
  const sent: string[] = [];
  const released: string[] = [];
  const dispatcher = createDispatcher({
    concurrency: 16,
    schedule: [60_000],
    clock: { now: () => nowMs, elapsed: () => nowMs },
    random: () => 0,
    logger: createLogger('silent', { write: () => undefined }),
    onAttempt: () => undefined,
    onRescueFailure: () => undefined,
    send({ eventId }) {
      sent.push(eventId);
      const { promise, resolve } = Promise.withResolvers<AttemptResult>();
      requests.push(() => resolve(UNREACHABLE));
      return promise;
    },
    outbox: {
      claim() {
        const { promise, resolve } = Promise.withResolvers<Claim[]>();
        asked.push(resolve);
        return promise;
      },
      settle: async () => 'settled',
      release: async (given) => void released.push(...given.map(({ eventId }) => eventId)),
      firstDue: async () => null,
      findExpiredClaims: async () => [],
      unblockStranded: async () => ({ next: null, unblocked: 0 }),
      outlook: async () => ({ now: new Date(0), nextDueInMs: null }),
    },
  });
  t.after(async () => {
    const stopped = dispatcher.stop(0);
    for (const answer of asked) answer([]);
    await stopped;
  });
  dispatcher.start();
  const isAsked = (count: number) => waitUntil(async () => asked.length === count);
  return {
    dispatcher,
    sent,
    released,
    isAsked,
    answer: (count: number, given: Claim[]) => asked[count - 1]?.(given),
    pass(ms: number) {
      nowMs += ms;
    },
    /** Five failures in a row: the webhook is down when it resolves. */
    async goDown() {
      for (const end of requests) end();
      assert.ok(await waitUntil(async () => dispatcher.health().probe !== null));
    },
  };
}

const FIVE = ['a', 'b', 'c', 'd', 'e'];

test('what a claim brings after the webhook went down is given back', async (t) => {
  const { dispatcher, sent, released, isAsked, answer, goDown } = setup(t);
  assert.ok(await isAsked(1));
  answer(1, claims(...FIVE));
  assert.ok(await waitUntil(async () => sent.length === 5));
  dispatcher.wake();
  assert.ok(await isAsked(2));

  await goDown();
  answer(2, claims('late', 'later'));

  assert.ok(await waitUntil(async () => released.length === 2));
  assert.deepEqual([sent, released], [FIVE, ['late', 'later']]);
});

test('what was being stored when the webhook went down is given back', async (t) => {
  const { dispatcher, sent, released, isAsked, answer, goDown } = setup(t);
  assert.ok(await isAsked(1));
  answer(1, claims(...FIVE));
  assert.ok(await waitUntil(async () => sent.length === 5));
  const room = dispatcher.reserveForNew(1);

  await goDown();
  dispatcher.send(room, claims('born'));

  assert.equal(room, 1);
  assert.ok(await waitUntil(async () => released.length === 1));
  assert.deepEqual([sent, released], [FIVE, ['born']]);
});

test('while it is down nothing is claimed at birth, not even when a probe is due', async (t) => {
  const { dispatcher, sent, isAsked, answer, goDown, pass } = setup(t);
  assert.ok(await isAsked(1));
  answer(1, claims(...FIVE));
  assert.ok(await waitUntil(async () => sent.length === 5));

  await goDown();
  pass(1_000);

  assert.equal(dispatcher.reserveForNew(1), 0);
});
