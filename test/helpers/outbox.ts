/** An outbox for tests of single statements: a database with events inserted directly, without a service. */
import { randomUUID, randomUUIDv7 } from 'node:crypto';
import type { TestContext } from 'node:test';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/db/client.ts';
import { type Claim, claimDeliveries } from '../../src/deliveries/claim.ts';
import { type Settlement, type SettleResult, settleClaims } from '../../src/deliveries/settle.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { type BatchRow, type RecordBatchResult, recordBatch } from '../../src/inbox/record.ts';
import { createDatabase } from './postgres.ts';

export interface TestOutbox {
  readonly db: Database;
  readonly url: string;
  /**
   * Stores events with deliveries, in one commit each; returns their ids. The first of a payment is due, others are
   * blocked.
   */
  add(...paymentIds: string[]): Promise<string[]>;
  /**
   * Stores a new event of each payment in one batch, as callbacks are stored; up to `slots` deliveries are born
   * claimed.
   */
  store(paymentIds: readonly string[], claims?: BirthClaims): Promise<RecordBatchResult>;
  claim(limit?: number, leaseMs?: number): Promise<Claim[]>;
  /** Settles as delivered. */
  deliver(...claims: Claim[]): Promise<readonly SettleResult[]>;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

export interface BirthClaims {
  readonly slots?: number;
  readonly leaseMs?: number;
  /** The pool's, unless given. */
  readonly db?: Database;
}

/** A new event of the payment, with a deduplication key of its own. */
export function newBatchRow(paymentId: string, event: Partial<NewEvent> = {}): BatchRow {
  const id = randomUUIDv7();
  const defaults: NewEvent = {
    provider: 'resurs-ecom',
    paymentKey: paymentId,
    paymentId,
    orderReference: paymentId,
    callback: 'UPDATE',
    type: 'payment.updated',
    result: null,
    method: 'GET',
    registeredAt: null,
    parameters: {},
    body: null,
    verified: { digest: true, result: true, basicAuth: false, source: false },
    identity: { key: id, aliasKey: null, windowMs: 60_000, endedKeys: [] },
  };
  return { id, receipts: 1, deliver: true, event: { ...defaults, ...event } };
}

/** A settlement of the claim as failed, to be retried. */
export function failedSettlement(claim: Claim, waitMs = 0): Settlement {
  const record = { outcome: 'refused', durationMs: 1, status: 500, error: 'HTTP 500', answer: '' } as const;
  const next = { state: 'pending', waitMs, triesUsed: claim.triesUsed + 1, abandonedInRow: 0 } as const;
  return { claim, waitedMs: 0, record, next, ended: null };
}

/** A settlement of the claim as delivered. */
export function deliveredSettlement(claim: Claim): Settlement {
  const record = { outcome: 'accepted', durationMs: 1, status: 200, error: null, answer: '' } as const;
  return {
    claim,
    waitedMs: 0,
    record,
    next: { state: 'delivered', triesUsed: claim.triesUsed + 1, abandonedInRow: 0 },
    ended: null,
  };
}

export async function createTestOutbox(t: TestContext): Promise<TestOutbox> {
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
    url,
    query,
    async add(...paymentIds) {
      const ids: string[] = [];
      for (const paymentId of paymentIds) {
        const [row] = await query<{ id: string }>(ADD, [randomUUID(), paymentId]);
        if (row !== undefined) ids.push(row.id);
      }
      return ids;
    },
    store(paymentIds, { slots = 0, leaseMs = 60_000, db: other = db } = {}) {
      const claims = { max: slots, token: randomUUID(), leaseMs };
      const rows = paymentIds.map((paymentId) => newBatchRow(paymentId));
      return recordBatch(other, rows, { maxEventsPerPayment: 0, claims });
    },
    claim: (limit = 10, leaseMs = 60_000) => {
      return claimDeliveries(db, { limit, token: randomUUID(), leaseMs, since: null, skipped: [] });
    },
    deliver: async (...claims) => (await settleClaims(db, claims.map(deliveredSettlement))).outcomes,
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
