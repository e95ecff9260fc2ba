/**
 * An answer that is known is never replaced by a guess: after an outage of the database that was longer than a claim's
 * time, a process does not write its own attempts down as abandoned, and so does not send them again. The outbox is played,
 * since the order of the two is the point; Postgres decides it by chance.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
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

function setup(elapsed: () => number) {
  const settled: string[] = [];
  const { promise: refused, resolve: onRefused } = Promise.withResolvers<void>();
  let isAway = true;
  const carrier = createDeliveryWorker(
    {
      concurrency: 1,
      schedule: [1000],
      clock: { now: elapsed, elapsed },
      random: () => 0,
      logger: createLogger('silent', { write: () => undefined }),
      onAttempt: () => undefined,
      quarantine: { failed: () => undefined, setAside: () => [] },
      send: async () => ACCEPTED,
      outbox: {
        settle: async ({ record }: Settlement) => {
          if (isAway) {
            onRefused();
            throw new Error('the database is away');
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
    },
    { onRequestEnd: () => undefined, onSettled: () => undefined },
  );
  const comeBack = () => {
    isAway = false;
  };
  return { carrier, settled, refused, comeBack };
}

test('a claim of our own that expired while the database was away is settled with its answer alone', async () => {
  const { carrier, settled, refused, comeBack } = setup(() => 0);
  carrier.run([CLAIM]);
  await refused;

  comeBack();
  await carrier.settleExpired([{ ...CLAIM, heldMs: 6000 }]);
  await carrier.stop(20_000);

  assert.deepEqual(settled, ['accepted']);
});

test('a claim of another process is written down as abandoned', async () => {
  const { carrier, settled, comeBack } = setup(() => 0);

  comeBack();
  await carrier.settleExpired([{ ...CLAIM, heldMs: 6000 }]);

  assert.deepEqual(settled, ['abandoned']);
});

test('a claim of our own whose answer cannot be written down for two minutes is given up', async () => {
  let nowMs = 0;
  const { carrier, settled, refused, comeBack } = setup(() => nowMs);
  carrier.run([CLAIM]);
  await refused;

  nowMs = 120_000;
  comeBack();
  await carrier.settleExpired([{ ...CLAIM, heldMs: 6000 }]);

  assert.equal(settled[0], 'abandoned');
  await carrier.stop(20_000);
});
