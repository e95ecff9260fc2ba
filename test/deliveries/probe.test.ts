/**
 * When the circuit breaker opens, only probes are sent: claims that were being made meanwhile, by the dispatcher or by
 * the statement that stores, are released unsent. The outbox and the webhook are fakes, because the test sets the order
 * of the two.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Claim } from '../../src/deliveries/claim.ts';
import { createDispatcher } from '../../src/deliveries/dispatcher.ts';
import type { AttemptResult } from '../../src/deliveries/retry.ts';
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

/** A dispatcher whose claims return, and whose requests end, when the test says so. */
function setup(t: TestContext) {
  let nowMs = 0;
  const claimQueries: ((claims: Claim[]) => void)[] = [];
  const requests: (() => void)[] = [];
  const sent: string[] = [];
  const released: string[] = [];
  const dispatcher = createDispatcher({
    concurrency: 16,
    schedule: [60_000],
    snapshots: null,
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
        claimQueries.push(resolve);
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
    for (const resolve of claimQueries) resolve([]);
    await stopped;
  });
  dispatcher.start();
  const waitForClaimQuery = (count: number) => waitUntil(async () => claimQueries.length === count);
  return {
    dispatcher,
    sent,
    released,
    waitForClaimQuery,
    returnClaims: (count: number, given: Claim[]) => claimQueries[count - 1]?.(given),
    pass(ms: number) {
      nowMs += ms;
    },
    /** Ends all requests as failures; resolves when the circuit breaker is open. */
    async openBreaker() {
      for (const end of requests) end();
      assert.ok(await waitUntil(async () => dispatcher.breakerState().probe !== null));
    },
  };
}

const FIVE = ['a', 'b', 'c', 'd', 'e'];

test('a claim that returns after the circuit breaker opened is released', async (t) => {
  const { dispatcher, sent, released, waitForClaimQuery, returnClaims, openBreaker } = setup(t);
  assert.ok(await waitForClaimQuery(1));
  returnClaims(1, claims(...FIVE));
  assert.ok(await waitUntil(async () => sent.length === 5));
  dispatcher.wake();
  assert.ok(await waitForClaimQuery(2));

  await openBreaker();
  returnClaims(2, claims('late', 'later'));

  assert.ok(await waitUntil(async () => released.length === 2));
  assert.deepEqual([sent, released], [FIVE, ['late', 'later']]);
});

test('a claim that was being born when the circuit breaker opened is released', async (t) => {
  const { dispatcher, sent, released, waitForClaimQuery, returnClaims, openBreaker } = setup(t);
  assert.ok(await waitForClaimQuery(1));
  returnClaims(1, claims(...FIVE));
  assert.ok(await waitUntil(async () => sent.length === 5));
  const reserved = dispatcher.reserveForNew(1);

  await openBreaker();
  dispatcher.send(reserved, claims('born'));

  assert.equal(reserved, 1);
  assert.ok(await waitUntil(async () => released.length === 1));
  assert.deepEqual([sent, released], [FIVE, ['born']]);
});

test('while the circuit breaker is open no delivery is born claimed, not even when a probe is due', async (t) => {
  const { dispatcher, sent, waitForClaimQuery, returnClaims, openBreaker, pass } = setup(t);
  assert.ok(await waitForClaimQuery(1));
  returnClaims(1, claims(...FIVE));
  assert.ok(await waitUntil(async () => sent.length === 5));

  await openBreaker();
  pass(1_000);

  assert.equal(dispatcher.reserveForNew(1), 0);
});
