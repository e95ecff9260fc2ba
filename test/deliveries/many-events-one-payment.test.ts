/**
 * Many events of few payments, stored, claimed, retried and settled by several connections at a time: each is delivered
 * once and in the order of its payment, no two of a payment are in flight together, and nothing is left at the end. The
 * statements of the service on a real Postgres, without the fallback that unblocks stranded deliveries.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim } from '../../src/deliveries/claim.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { createTestOutbox, deliveredSettlement, failedSettlement, type TestOutbox } from '../helpers/outbox.ts';

const PAYMENTS = ['a', 'b', 'c', 'd', 'e', 'f'];
const ROUNDS = 60;
const FAILS = 0.2;

/** Tracks the deliveries in flight, and records violations. */
function createTracker() {
  const inFlight = new Set<string>();
  const delivered = new Map<string, number[]>();
  const violations: string[] = [];
  return {
    violations,
    delivered,
    start(claims: readonly Claim[]): readonly Claim[] {
      for (const { paymentKey, sequence } of claims) {
        if (inFlight.has(paymentKey)) violations.push(`${sequence} of ${paymentKey} beside another one`);
        inFlight.add(paymentKey);
      }
      return claims;
    },
    /** Called before the statement, because others see its commit before its result arrives here. */
    end({ paymentKey, sequence }: Claim, isDelivered: boolean): void {
      inFlight.delete(paymentKey);
      if (isDelivered) delivered.set(paymentKey, [...(delivered.get(paymentKey) ?? []), sequence]);
    },
  };
}

test('no event is stranded, sent twice, out of order or beside another of its payment', async (t) => {
  const outbox = await createTestOutbox(t);
  const tracker = createTracker();
  let storing = 2;

  async function settle(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    const settlements = claims.map((claim) => {
      const isDelivered = Math.random() >= FAILS;
      tracker.end(claim, isDelivered);
      return isDelivered ? deliveredSettlement(claim) : failedSettlement(claim);
    });
    const { outcomes } = await settleClaims(outbox.db, settlements);
    if (outcomes.includes('lost')) tracker.violations.push('a settlement was lost');
  }

  async function store(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const some = PAYMENTS.filter(() => Math.random() < 0.7);
      const { claims } = await outbox.store(some, { slots: round % 3 });
      await settle(tracker.start(claims));
    }
    storing -= 1;
  }

  async function send(): Promise<void> {
    for (;;) {
      const isOver = storing === 0;
      const claims = tracker.start(await outbox.claim(3));
      await settle(claims);
      if (isOver && claims.length === 0) return;
    }
  }

  await Promise.all([store(), store(), send(), send()]);

  assert.deepEqual(tracker.violations, []);
  assert.deepEqual(await outbox.query('select * from outbox'), []);
  assert.deepEqual(Object.fromEntries(tracker.delivered), await storedOrder(outbox));
});

async function storedOrder(outbox: TestOutbox): Promise<Record<string, number[]>> {
  const rows = await outbox.query<{ key: string; sequences: number[] }>(
    `select payment_key as key, array_agg(sequence::float8 order by sequence) as sequences from events group by payment_key`,
  );
  return Object.fromEntries(rows.map(({ key, sequences }) => [key, sequences]));
}
