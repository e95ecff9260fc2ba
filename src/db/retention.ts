/**
 * Forgetting: finished events beyond RETENTION_DAYS, identities past their window, and what hangs on them, in small
 * batches, so that no statement holds a lock for long and callbacks go on beside it.
 *
 * An event is finished when it is delivered, given up, or never to be delivered; an unfinished one is kept however old
 * it is, and so is one whose callback would still count as a repeat. An advisory lock, held for one batch, lets one replica at a time do it. Postgres' clock decides what is old.
 */
import { sql } from 'kysely';
import type { Database } from './client.ts';

/** A batch of this size takes a few milliseconds. */
const BATCH = 500;
/** Any number; the same in every version, so that two versions side by side exclude each other. */
const LOCK = 7_263_541_001;

/** What one batch removed, in rows; both below the batch's size mean that there is nothing more for now. */
export interface Forgotten {
  readonly events: number;
  readonly identities: number;
}

/** Whether another batch would find something. */
export function isThereMore({ events, identities }: Forgotten): boolean {
  return events >= BATCH || identities >= BATCH;
}

/** Removes one batch. `retentionDays` 0 keeps all events; identities past their window always go. */
export async function forgetBatch(db: Database, retentionDays: number): Promise<Forgotten> {
  const identities = await forgetIdentities(db);
  const events = retentionDays === 0 ? 0 : await forgetEvents(db, retentionDays);
  return { identities, events };
}

const HAS_LOCK = sql`(select pg_try_advisory_xact_lock(${LOCK}::bigint))`;

/** Receipts, deliveries and attempts go with their event, by foreign key. */
async function forgetEvents(db: Database, retentionDays: number): Promise<number> {
  const rows = await db.run(
    sql<{ readonly paymentKey: string }>`
      with old as (
        select e.id
        from events e left join deliveries d on d.event_id = e.id
        where ${HAS_LOCK}
          and e.received_at < now() - ${retentionDays}::int * interval '1 day'
          and (d.state is null or d.state in ('delivered', 'dead_letter'))
          and not exists (
            select 1 from identities i
            where i.payment_key = e.payment_key and i.event_id = e.id and i.expires_at > now()
          )
        order by e.received_at
        limit ${BATCH}
      ), finished as (
        select d.event_id from deliveries d join old on old.id = d.event_id
        where d.state in ('delivered', 'dead_letter')
        order by d.sequence
        for update of d skip locked
      )
      delete from events e using old
      where e.id = old.id
        and (old.id in (select event_id from finished)
             or not exists (select 1 from deliveries d where d.event_id = old.id))
      returning e.payment_key as "paymentKey"`.compile(db.kysely),
  );
  await forgetPayments(
    db,
    rows.map((row) => row.paymentKey),
  );
  return rows.length;
}

async function forgetIdentities(db: Database): Promise<number> {
  const rows = await db.run(
    sql<{ readonly paymentKey: string }>`
      delete from identities i using (
        select payment_key, key from identities
        where ${HAS_LOCK} and expires_at < now()
        order by expires_at
        limit ${BATCH}
        for update skip locked
      ) old
      where i.payment_key = old.payment_key and i.key = old.key
      returning i.payment_key as "paymentKey"`.compile(db.kysely),
  );
  await forgetPayments(
    db,
    rows.map((row) => row.paymentKey),
  );
  return rows.length;
}

/**
 * A payment's row goes with the last of its events and identities. A row that is locked just now belongs to a callback
 * and stays. Should one go that is needed again, the next callback makes it anew: it is nothing but a lock.
 */
async function forgetPayments(db: Database, paymentKeys: readonly string[]): Promise<void> {
  if (paymentKeys.length === 0) return;
  await db.run(
    sql`
      delete from payments where payment_key in (
        select p.payment_key from payments p
        where p.payment_key = any(${[...new Set(paymentKeys)]}::text[])
          and not exists (select 1 from events e where e.payment_key = p.payment_key)
          and not exists (select 1 from identities i where i.payment_key = p.payment_key)
        for update skip locked
      )`.compile(db.kysely),
  );
}
