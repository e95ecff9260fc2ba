/**
 * Many events of few payments, stored, claimed, tried, tried again and settled by several connections at a time: each is
 * delivered once and in the order of its payment, none is in flight beside another of its payment, and at the end nothing is
 * left. The statements of the service on a real Postgres, without the net that would find what was stranded.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim } from '../../src/deliveries/claim.ts';
import { settleClaims } from '../../src/deliveries/settle.ts';
import { delivered, failed, makeOutbox, type TestOutbox } from '../helpers/outbox.ts';

const PAYMENTS = ['a', 'b', 'c', 'd', 'e', 'f'];
const ROUNDS = 60;
const FAILS = 0.2;

/** Keeps what is in flight, and notes what must not be. */
function watch() {
  const inFlight = new Set<string>();
  const told = new Map<string, number[]>();
  const faults: string[] = [];
  return {
    faults,
    told,
    take(claims: readonly Claim[]): readonly Claim[] {
      for (const { paymentKey, sequence } of claims) {
        if (inFlight.has(paymentKey)) faults.push(`${sequence} of ${paymentKey} beside another one`);
        inFlight.add(paymentKey);
      }
      return claims;
    },
    /** Before the statement, since its commit is seen by others before its answer is seen here. */
    leave({ paymentKey, sequence }: Claim, isDelivered: boolean): void {
      inFlight.delete(paymentKey);
      if (isDelivered) told.set(paymentKey, [...(told.get(paymentKey) ?? []), sequence]);
    },
  };
}

test('nothing is stranded, sent twice, out of order or beside another of its payment', async (t) => {
  const outbox = await makeOutbox(t);
  const seen = watch();
  let storing = 2;

  async function settle(claims: readonly Claim[]): Promise<void> {
    if (claims.length === 0) return;
    const settlements = claims.map((claim) => {
      const isDelivered = Math.random() >= FAILS;
      seen.leave(claim, isDelivered);
      return isDelivered ? delivered(claim) : failed(claim);
    });
    const { outcomes } = await settleClaims(outbox.db, settlements);
    if (outcomes.includes('lost')) seen.faults.push('a settlement was lost');
  }

  async function store(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const some = PAYMENTS.filter(() => Math.random() < 0.7);
      const { claims } = await outbox.store(some, { slots: round % 3 });
      await settle(seen.take(claims));
    }
    storing -= 1;
  }

  async function send(): Promise<void> {
    for (;;) {
      const isOver = storing === 0;
      const claims = seen.take(await outbox.claim(3));
      await settle(claims);
      if (isOver && claims.length === 0) return;
    }
  }

  await Promise.all([store(), store(), send(), send()]);

  assert.deepEqual(seen.faults, []);
  assert.deepEqual(await outbox.query('select * from outbox'), []);
  assert.deepEqual(Object.fromEntries(seen.told), await storedOrder(outbox));
});

async function storedOrder(outbox: TestOutbox): Promise<Record<string, number[]>> {
  const rows = await outbox.query<{ key: string; sequences: number[] }>(
    `select payment_key as key, array_agg(sequence::float8 order by sequence) as sequences from events group by payment_key`,
  );
  return Object.fromEntries(rows.map(({ key, sequences }) => [key, sequences]));
}
