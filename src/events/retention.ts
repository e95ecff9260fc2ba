/**
 * Retention: finished events beyond RETENTION_DAYS, orders of which nothing is kept, and identities past their window go, in
 * small batches, so that no statement holds a lock for long and callbacks go on beside it.
 *
 * An event is finished when it is delivered, given up, or never to be delivered; an unfinished one is kept however old it is,
 * and so is one whose callback would still count as a repeat. Finished deliveries are walked oldest first, so a
 * batch costs the same however many events are unfinished. Events without a delivery are found by a walk over old events
 * that goes on where it was. An advisory lock, held for one statement, lets one replica at a time do it. Postgres' clock
 * decides what is old.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** A batch of this size takes a few milliseconds. */
const BATCH = 500;
const LIMIT = sql.lit(BATCH);
/** Any number; the same in every version, so that two versions side by side exclude each other. */
const LOCK = 7_263_541_001;
const HAS_LOCK = sql`(select pg_try_advisory_xact_lock(${LOCK}::bigint))`;

/** What one batch removed, in rows. */
export interface Removed {
  readonly events: number;
  readonly orders: number;
  readonly identities: number;
  /** Whether another batch may find something now. */
  readonly isThereMore: boolean;
}

export interface Retention {
  /** Removes one batch. The walks begin anew after a batch that found nothing more. */
  removeBatch(): Promise<Removed>;
}

/** Where the walks of this process stand. */
interface Position {
  /** When the last identity of this round expired, as Postgres writes it; saves the walk over those that are gone. */
  identity: string | null;
  /** Of the finished deliveries and the orders in this round. */
  delivery: number;
  order: { readonly registeredAt: string; readonly paymentId: string } | null;
  /** Of the old events in this round. */
  event: number;
  /** Old events up to here have been looked at in an earlier round: those without a delivery are gone. */
  eventsDone: number;
  /** Whether an old event of this round has to be looked at again in the next. */
  hasRepeatable: boolean;
}

/** `retentionDays` 0 keeps all events and orders; identities past their window always go. */
export function createRetention(db: Database, retentionDays: number): Retention {
  const position: Position = {
    identity: null,
    delivery: 0,
    order: null,
    event: 0,
    eventsDone: 0,
    hasRepeatable: false,
  };
  return {
    async removeBatch() {
      const { count: identities, next: identity } = await removeIdentities(db, position.identity);
      position.identity = identity;
      if (retentionDays === 0) return { events: 0, orders: 0, identities, isThereMore: identity !== null };

      const delivered = await removeFinished(db, retentionDays, position.delivery);
      const undelivered = await removeUndelivered(db, retentionDays, position.event);
      const orders = await removeOrders(db, retentionDays, position.order);
      position.delivery = delivered.next ?? 0;
      moveOn(position, undelivered);
      position.order = orders.next;
      const isThereMore =
        identity !== null || delivered.next !== null || undelivered.next !== null || orders.next !== null;
      return { events: delivered.count + undelivered.count, orders: orders.count, identities, isThereMore };
    },
  };
}

/** An old event that is unfinished gets a delivery when it is finished, so one look at it is enough. */
function moveOn(position: Position, { next, last, repeatable }: UndeliveredStep): void {
  position.hasRepeatable ||= repeatable > 0;
  if (next !== null) {
    position.event = next;
    return;
  }
  if (!position.hasRepeatable) position.eventsDone = last ?? position.event;
  position.event = position.eventsDone;
  position.hasRepeatable = false;
}

interface Step<Cursor> {
  readonly count: number;
  /** Where to go on at once; null when what follows is too young, or nothing does. */
  readonly next: Cursor | null;
}

interface UndeliveredStep extends Step<number> {
  /** The last event that was looked at and is old; null when there was none. */
  readonly last: number | null;
  /** Events among them whose callbacks would still count as repeats. */
  readonly repeatable: number;
}

/** What hangs on an event goes in the same statement; its receipts by foreign key. */
async function removeFinished(db: Database, retentionDays: number, after: number): Promise<Step<number>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly next: number | null }>`
      with candidates as materialized (
        select c.sequence, e.id, e.payment_key, e.received_at < now() - ${retentionDays}::int * interval '1 day' as is_old
        from (
          select sequence from deliveries where ${HAS_LOCK} and sequence > ${after} order by sequence limit ${LIMIT}
        ) c left join lateral (
          select id, payment_key, received_at from events where sequence = c.sequence offset 0
        ) e on true
      ), repeatable as materialized (
        ${repeatable(sql`select distinct payment_key from candidates where is_old`)}
      ), finished as (
        delete from deliveries where sequence = any (array(
          select sequence from candidates where is_old and id not in (select event_id from repeatable) order by sequence
        ))
        returning sequence
      ), removed as (
        delete from events where sequence = any (array(select sequence from finished))
      ), tried as (
        delete from attempts where sequence = any (array(select sequence from finished))
      ), given_up as (
        delete from dead_letters where sequence = any (array(select sequence from finished))
      )
      select (select count(*)::int from finished) as count,
             (select sequence from candidates where is_old order by sequence offset ${sql.lit(BATCH - 1)}) as next`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? { count: 0, next: null };
}

/** Old events that are in neither table of deliveries. */
async function removeUndelivered(db: Database, retentionDays: number, after: number): Promise<UndeliveredStep> {
  const rows = await db.run(
    sql<UndeliveredStep>`
      with candidates as materialized (
        select c.sequence, c.id, c.payment_key
        from (
          select sequence, id, payment_key, received_at from events
          where ${HAS_LOCK} and sequence > ${after} order by sequence limit ${LIMIT}
        ) c
        where c.received_at < now() - ${retentionDays}::int * interval '1 day'
      ), undelivered as materialized (
        select c.sequence, c.id, c.payment_key from candidates c
        where (select true from deliveries d where d.sequence = c.sequence) is null
          and (select true from outbox o where o.sequence = c.sequence) is null
      ), repeatable as materialized (
        ${repeatable(sql`select distinct payment_key from undelivered`)}
      ), removed as (
        delete from events where sequence = any (array(
          select sequence from undelivered where id not in (select event_id from repeatable)
        ))
        returning sequence
      )
      select (select count(*)::int from removed) as count,
             (select sequence from candidates order by sequence offset ${sql.lit(BATCH - 1)}) as next,
             (select max(sequence) from candidates) as last, (select count(*)::int from repeatable) as repeatable`.compile(
      db.kysely,
    ),
  );
  return rows[0] ?? { count: 0, next: null, last: null, repeatable: 0 };
}

/** The events of these payments whose callbacks would still count as repeats. Judged outside, or all that have not expired are read. */
function repeatable(payments: ReturnType<typeof sql>) {
  return sql`
        select i.event_id from (${payments}) k cross join lateral (
          select event_id, expires_at from identities where payment_key = k.payment_key offset 0
        ) i where i.expires_at > now()`;
}

async function removeIdentities(db: Database, after: string | null): Promise<Step<string>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly last: string | null }>`
      with removed as (
        delete from identities where ctid = any (array(
          select ctid from identities
          where ${HAS_LOCK} and expires_at < now() and expires_at >= ${after ?? '-infinity'}::timestamptz
          order by expires_at
          limit ${LIMIT}
          for update skip locked
        ))
        returning expires_at
      )
      select count(*)::int as count, max(expires_at)::text as last from removed`.compile(db.kysely),
  );
  const { count = 0, last = null } = rows[0] ?? {};
  return { count, next: count === BATCH ? last : null };
}

/**
 * Orders that are registered for so long, and of which no event is kept. Where it stands is kept as text: a Date has no
 * microseconds, and the walk would come back to what it has just looked at.
 */
async function removeOrders(
  db: Database,
  retentionDays: number,
  after: Position['order'],
): Promise<Step<NonNullable<Position['order']>>> {
  const rows = await db.run(
    sql<{ readonly count: number; readonly registeredAt: string | null; readonly paymentId: string | null }>`
      with candidates as materialized (
        select payment_id, registered_at from orders
        where ${HAS_LOCK} and registered_at < now() - ${retentionDays}::int * interval '1 day'
          and registered_at >= ${after?.registeredAt ?? '-infinity'}::timestamptz
          and (registered_at, payment_id) > (${after?.registeredAt ?? '-infinity'}::timestamptz, ${after?.paymentId ?? ''})
        order by registered_at, payment_id
        limit ${LIMIT}
      ), removed as (
        delete from orders where payment_id = any (array(
          select c.payment_id from candidates c
          where (select true from events e where e.payment_key = c.payment_id limit 1) is null
        ))
        returning 1
      )
      select (select count(*)::int from removed) as count, last.registered_at::text as "registeredAt", last.payment_id as "paymentId"
      from (select 1) one left join (
        select registered_at, payment_id from candidates
        order by registered_at, payment_id offset ${sql.lit(BATCH - 1)}
      ) last on true`.compile(db.kysely),
  );
  const { count = 0, registeredAt = null, paymentId = null } = rows[0] ?? {};
  return { count, next: registeredAt === null || paymentId === null ? null : { registeredAt, paymentId } };
}
