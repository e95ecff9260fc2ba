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
function setup(t: TestContext, snapshots: Parameters<typeof createDispatcher>[0]['snapshots'] = null) {
  let nowMs = 0;
  const claimQueries: ((claims: Claim[]) => void)[] = [];
  const requests: (() => void)[] = [];
  const sent: string[] = [];
  const released: string[] = [];
  const dispatcher = createDispatcher({
    concurrency: 16,
    schedule: [60_000],
    snapshots,
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
    for (const end of requests) end();
    await stopped;
  });
  dispatcher.start();
  const waitForClaimQuery = (count: number) => waitUntil(async () => claimQueries.length === count);
  return {
    dispatcher,
    sent,
    released,
    waitForClaimQuery,
    claimQueries: () => claimQueries.length,
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

test('a probe that waits for what Resurs holds of its payment is the only one, and is sent then', async (t) => {
  const reads: (() => void)[] = [];
  const snapshot = { payment: null, paymentError: 'not read' };
  const { dispatcher, sent, released, waitForClaimQuery, claimQueries, returnClaims, openBreaker, pass } = setup(t, {
    renewEveryMs: 60_000,
    store: { renew: async (held) => new Set(held), save: async () => ({ snapshot, orderReference: null }) },
    reader: {
      wants: ({ paymentId }) => paymentId === 'slow',
      room: () => 100,
      read: (_event, signal) =>
        new Promise((resolve) => {
          reads.push(() => resolve(snapshot));
          signal.addEventListener('abort', () => resolve(null));
        }),
    },
  });
  const slow = (name: string) => claims(name).map((claim) => ({ ...claim, event: slowEvent() }));
  assert.ok(await waitForClaimQuery(1));
  returnClaims(1, [...claims(...FIVE), ...slow('before')]);
  assert.ok(await waitUntil(async () => sent.length === 5 && reads.length === 1));
  dispatcher.wake();
  assert.ok(await waitForClaimQuery(2));
  await openBreaker();
  returnClaims(2, []);
  pass(1_000);
  assert.ok(await waitForClaimQuery(3));
  returnClaims(3, slow('probe'));
  assert.ok(await waitUntil(async () => reads.length === 2));

  // The one that was claimed before is no probe.
  reads[0]?.();
  assert.ok(await waitUntil(async () => released.length === 1));
  dispatcher.wake();
  assert.equal(await waitUntil(async () => claimQueries() > 3, 1_500), false);
  reads[1]?.();

  assert.ok(await waitUntil(async () => sent.length === 6));
  assert.deepEqual([sent.at(-1), released, claimQueries()], ['probe', ['before'], 3]);
});

function slowEvent(): Claim['event'] {
  return {
    paymentId: 'slow',
    snapshot: null,
    missed: null,
    erasedAt: null,
    provider: 'resurs-ecom',
  } as unknown as Claim['event'];
}
