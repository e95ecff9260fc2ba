/** An outbox for tests of single statements: a database with events put in directly, without a service. */
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { type Claim, claimDeliveries } from '../../src/deliveries/outbox.ts';
import { type Settled, type Settlement, settleClaims } from '../../src/deliveries/settle.ts';
import { createDatabase } from './postgres.ts';

export interface TestOutbox {
  readonly db: Database;
  /** Stores events with deliveries, as one commit each; gives their ids. The first of a payment is due, others wait. */
  add(...paymentIds: string[]): Promise<string[]>;
  claim(limit?: number, leaseMs?: number): Promise<Claim[]>;
  /** Settles as delivered. */
  deliver(...claims: Claim[]): Promise<readonly Settled[]>;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** A settlement of the claim as delivered. */
export function delivered(claim: Claim): Settlement {
  const record = { outcome: 'accepted', durationMs: 1, status: 200, error: null, answer: '' } as const;
  return {
    claim,
    waitedMs: 0,
    record,
    next: { state: 'delivered', triesUsed: claim.triesUsed + 1, abandonedInRow: 0 },
  };
}

export async function makeOutbox(t: TestContext): Promise<TestOutbox> {
  const { url } = await createDatabase(t);
  const db = openDatabase({ connectionString: url, poolSize: 4, onConnectionError: () => undefined });
  t.after(() => db.close());
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.after(() => client.end());
  const query = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) => {
    return (await client.query<Row>(text, values)).rows;
  };
  return {
    db,
    query,
    async add(...paymentIds) {
      const ids: string[] = [];
      for (const paymentId of paymentIds) {
        const [row] = await query<{ id: string }>(ADD, [randomUUID(), paymentId]);
        if (row !== undefined) ids.push(row.id);
      }
      return ids;
    },
    claim: (limit = 10, leaseMs = 60_000) => {
      return claimDeliveries(db, { limit, token: randomUUID(), leaseMs, since: null, skipped: [] });
    },
    deliver: async (...claims) => (await settleClaims(db, claims.map(delivered))).outcomes,
  };
}

const ADD = `
  with event as (
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    values ($1, $2::text, $2::text, 'UNFREEZE', 'payment.unfrozen', 'GET', '{}', now(), '{}')
    returning id, sequence, payment_key
  ), state as (
    select case when exists (
      select 1 from outbox o where o.payment_key = event.payment_key and not o.replayed
    ) then 'blocked' else 'pending' end as state from event
  ), queued as (
    insert into outbox (sequence, payment_key, state, wake_at)
    select sequence, payment_key, state, case state when 'pending' then now() end from event, state
  )
  select id from event`;
