/**
 * The store: a callback's event and its delivery are written together or not at all, each event once.
 *
 * One statement stores a whole group. It locks the payments in sorted order, so that two groups never deadlock; decides
 * under that lock whether the identity is new; and only then takes the sequence number, so that within one payment the
 * order of numbers is the order of commits, on any number of replicas. Who calls passes at most one event a payment.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { insertDeliveries } from '../deliveries/enqueue.ts';
import type { NewEvent } from './event.ts';

/** One event to store, with how many equal callbacks of this moment it stands for. */
export interface Candidate {
  readonly id: string;
  readonly event: NewEvent;
  readonly receipts: number;
  /** Whether the merchant is to be told. */
  readonly deliver: boolean;
}

/**
 * `waits`: the delivery stands behind an unfinished one of its payment; call `giveTurn` after this commit.
 * `limited`: the payment has had its most events in the last 24 hours, and this one would be new.
 */
export type Stored =
  | { readonly outcome: 'recorded'; readonly eventId: string; readonly waits: boolean }
  | { readonly outcome: 'duplicate'; readonly eventId: string }
  | { readonly outcome: 'limited' };

export interface StoreOptions {
  /** New events of one payment in 24 hours; 0 is no limit. */
  readonly maxEventsPerPayment: number;
  /** Fires when the last answer that waits for this statement has left. */
  readonly signal: AbortSignal;
}

interface StoredRow {
  readonly sent: string;
  readonly event_id: string | null;
  readonly waits: boolean;
}

/**
 * Stores the group in one commit and tells of each candidate, in their order, what became of it. Throws what Postgres
 * threw; then nothing of the group was stored, or, when the connection broke, it is unknown.
 */
export async function storeGroup(
  db: Database,
  group: readonly Candidate[],
  options: StoreOptions,
): Promise<readonly Stored[]> {
  const rows = await db.run(statement(group, options.maxEventsPerPayment).compile(db.kysely), options.signal);
  const byId = new Map(rows.map((row) => [row.sent, row]));
  return group.map(({ id }) => {
    const row = byId.get(id);
    if (row === undefined || row.event_id === null) return { outcome: 'limited' };
    if (row.event_id !== id) return { outcome: 'duplicate', eventId: row.event_id };
    return { outcome: 'recorded', eventId: id, waits: row.waits };
  });
}

function statement(group: readonly Candidate[], maxEvents: number) {
  return sql<StoredRow>`
    with input as materialized (
      select * from ${unnested(group)}
    ), locked as (
      insert into payments as p (payment_key)
      select payment_key from input order by payment_key
      on conflict (payment_key) do update set payment_key = excluded.payment_key
      returning payment_key, date_trunc('milliseconds', clock_timestamp()) as at
    ), claimed as (
      insert into identities as k (payment_key, key, event_id, expires_at)
      select i.payment_key, i.key, i.id, l.at + i.window_ms * interval '1 ms'
      from input i join locked l using (payment_key)
      where ${hasRoom(maxEvents)}
         or exists (select 1 from identities x where x.payment_key = i.payment_key and x.key = i.key and x.expires_at > now())
      order by i.payment_key, i.key
      on conflict (payment_key, key) do update set
        event_id = case when k.expires_at <= now() then excluded.event_id else k.event_id end,
        expires_at = case when k.expires_at <= now() then excluded.expires_at else k.expires_at end
      returning payment_key, key, event_id
    ), stored as (
      insert into events (id, payment_key, payment_id, callback, type, result, method,
                          parameters, body, registered_at, received_at, verified)
      select i.id, i.payment_key, i.payment_id, i.callback, i.type, i.result, i.method,
             i.parameters, i.body, i.registered_at, l.at, i.verified
      from input i join claimed c using (payment_key, key) join locked l using (payment_key)
      where c.event_id = i.id
      returning id, sequence, payment_key, received_at
    ), shadowed as (
      insert into identities as k (payment_key, key, event_id, expires_at)
      select i.payment_key, i.shadow_key, i.id, s.received_at + i.window_ms * interval '1 ms'
      from stored s join input i using (id)
      where i.shadow_key is not null
      order by i.payment_key
      on conflict (payment_key, key) do update set event_id = excluded.event_id, expires_at = excluded.expires_at
      where k.expires_at <= now()
    ), counted as (
      ${COUNT_RECEIPTS}
    ), outgoing as (
      ${insertDeliveries(sql`select s.* from stored s join input i using (id) where i.deliver`)}
    )
    select i.id as sent, c.event_id, coalesce(o.waits, false) as waits
    from input i left join claimed c using (payment_key, key) left join outgoing o on o.event_id = i.id`;
}

/** A row only for an event that came more than once; the first of these rows stands for two receipts. */
const COUNT_RECEIPTS = sql`
      insert into receipts as r (event_id, count, last_at)
      select c.event_id, i.receipts + (c.event_id <> i.id)::int, l.at
      from input i join claimed c using (payment_key, key) join locked l using (payment_key)
      where c.event_id <> i.id or i.receipts > 1
      on conflict (event_id) do update set count = r.count + excluded.count - 1, last_at = excluded.last_at`;

/** True while the newest events of the payment, as many as it may have, do not all lie in the last 24 hours. */
function hasRoom(maxEvents: number) {
  return sql`(${maxEvents}::int = 0 or i.payment_id is null or coalesce((
    select e.received_at from events e where e.payment_key = i.payment_key
    order by e.sequence desc offset greatest(${maxEvents}::int - 1, 0) limit 1
  ) <= l.at - interval '24 hours', true))`;
}

/** The group as a table: arrays keep the statement's text the same for every size, so that it is planned once. */
function unnested(group: readonly Candidate[]) {
  const column = <T>(pick: (event: NewEvent) => T): T[] => group.map(({ event }) => pick(event));
  return sql`unnest(
      ${group.map(({ id }) => id)}::uuid[], ${group.map(({ receipts }) => receipts)}::int[], ${group.map(({ deliver }) => deliver)}::bool[],
      ${column((e) => e.paymentKey)}::text[], ${column((e) => e.paymentId)}::text[],
      ${column((e) => e.identity.key)}::text[], ${column((e) => e.identity.shadowKey)}::text[],
      ${column((e) => e.identity.windowMs)}::float8[], ${column((e) => e.callback)}::text[],
      ${column((e) => e.type)}::text[], ${column((e) => e.result)}::text[], ${column((e) => e.method)}::text[],
      ${column((e) => JSON.stringify(e.parameters))}::json[], ${column((e) => e.body)}::bytea[],
      ${column((e) => e.registeredAt)}::timestamptz[], ${column((e) => JSON.stringify(e.verified))}::json[]
    ) as t(id, receipts, deliver, payment_key, payment_id, key, shadow_key, window_ms, callback,
           type, result, method, parameters, body, registered_at, verified)`;
}
