/** An outbox for tests of single statements: a database with events put in directly, without a service. */
import { randomUUID } from 'node:crypto';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { giveTurn } from '../../src/deliveries/enqueue.ts';
import { type Claim, claimDeliveries } from '../../src/deliveries/outbox.ts';
import { type Settled, type Settlement, settleClaims } from '../../src/deliveries/settle.ts';
import { createDatabase } from './postgres.ts';

export interface TestOutbox {
  readonly db: Database;
  /** Stores events with deliveries, as one commit each; gives their ids. The first of a payment is due, others wait. */
  add(...paymentIds: string[]): Promise<string[]>;
  claim(limit?: number, leaseMs?: number): Promise<Claim[]>;
  /** Settles as delivered and gives the next one its turn. */
  deliver(...claims: Claim[]): Promise<Settled[]>;
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
    claim: (limit = 10, leaseMs = 60_000) => claimDeliveries(db, { limit, token: randomUUID(), leaseMs }),
    async deliver(...claims) {
      const settled = await settleClaims(db, claims.map(delivered));
      await giveTurn(
        db,
        claims.map((claim) => claim.eventId),
      );
      return settled;
    },
  };
}

const ADD = `
  with event as (
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    values ($1, $2::text, $2::text, 'UNFREEZE', 'payment.unfrozen', 'GET', '{}', now(), '{}')
    returning id, sequence, payment_key
  )
  insert into deliveries (event_id, sequence, payment_key, next_attempt_at)
  select id, sequence, payment_key, case when exists (
    select 1 from deliveries d where d.payment_key = event.payment_key and d.state in ('pending', 'delivering')
  ) then null else now() end
  from event returning event_id as id`;
