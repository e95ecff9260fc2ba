/**
 * A known result is never replaced by a guess: after a database outage that outlived the lease, a process does not
 * settle its own attempts as abandoned, and so does not send them again. The outbox is a fake, because the test sets
 * the order of the two; on Postgres it would be random.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCircuitBreaker } from '../../src/deliveries/circuit-breaker.ts';
import type { Claim } from '../../src/deliveries/claim.ts';
import type { Settlement } from '../../src/deliveries/settle.ts';
import { createDeliveryWorker } from '../../src/deliveries/worker.ts';
import { createLogger } from '../../src/lib/logger.ts';

const CLAIM = {
  eventId: 'e1',
  sequence: 1,
  paymentKey: 'p1',
  token: 't1',
  attempt: 1,
  triesUsed: 0,
  abandonedInRow: 0,
  dueAt: new Date('2026-01-01'),
  event: { type: 'payment.booked', paymentId: 'p1', sequence: 1 },
} as unknown as Claim;

const ACCEPTED = {
  outcome: 'accepted',
  durationMs: 1,
  status: 204,
  error: null,
  answer: '',
  retryAfterMs: null,
} as const;

/** A worker whose database is unavailable until `recover()`; `refused` resolves at the first settlement that fails. */
function setup(elapsed: () => number) {
  const settled: string[] = [];
  const { promise: refused, resolve: onRefused } = Promise.withResolvers<void>();
  let isUnavailable = true;
  const shared = {
    clock: { now: elapsed, elapsed },
    logger: createLogger('silent', { write: () => undefined }),
  };
  const worker = createDeliveryWorker({
    ...shared,
    circuitBreaker: createCircuitBreaker({ ...shared, schedule: [1000], random: () => 0 }),
    quarantine: { failed: () => undefined, setAside: () => [] },
    send: async () => ACCEPTED,
    outbox: {
      settle: async ({ record }: Settlement) => {
        if (isUnavailable) {
          onRefused();
          throw new Error('the database is unavailable');
        }
        settled.push(record.outcome);
        return 'settled';
      },
      claim: async () => [],
      firstDue: async () => null,
      release: async () => undefined,
      unblockStranded: async () => ({ next: null, unblocked: 0 }),
      findExpiredClaims: async () => [],
      outlook: async () => ({ now: new Date(), nextDueInMs: null }),
    },
    onAttempt: () => undefined,
    onResponded: () => undefined,
    onSettled: () => undefined,
  });
  const recover = () => {
    isUnavailable = false;
  };
  return { worker, settled, refused, recover };
}

test('an own claim that expired during a database outage is settled with its known result only', async () => {
  const { worker, settled, refused, recover } = setup(() => 0);
  worker.run(CLAIM, 0);
  await refused;
  recover();

  await worker.settleExpired([{ ...CLAIM, leaseMs: 6000 }]);
  await worker.stop(20_000);

  assert.deepEqual(settled, ['accepted']);
});

test('an expired claim of another process is settled as abandoned', async () => {
  const { worker, settled, recover } = setup(() => 0);
  recover();

  await worker.settleExpired([{ ...CLAIM, leaseMs: 6000 }]);

  assert.deepEqual(settled, ['abandoned']);
});

test('an own claim whose known result cannot be settled for two minutes is settled as abandoned', async () => {
  let nowMs = 0;
  const { worker, settled, refused, recover } = setup(() => nowMs);
  worker.run(CLAIM, 0);
  await refused;
  nowMs = 120_000;
  recover();

  await worker.settleExpired([{ ...CLAIM, leaseMs: 6000 }]);

  assert.equal(settled[0], 'abandoned');
  await worker.stop(20_000);
});
