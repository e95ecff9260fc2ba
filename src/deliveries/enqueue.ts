/**
 * How a delivery comes into the outbox and gets its turn: with its event, by a replay (replay.ts), or when the one before it ends.
 *
 * In each lane of a payment (first deliveries, replayed ones) one delivery has a due time; those behind it have none
 * and cost the claim nothing. Every statement that finishes, adds or replays a delivery is followed by `giveTurn` in a
 * statement of its own: with a fresh snapshot, so that of two that ran at the same time the later one sees both.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../db/client.ts';

/**
 * The CTE body that adds a delivery for each row of `events` (id, sequence, payment_key, received_at), as part of the
 * statement that stores them. Returns `waits` for those that stand behind an unfinished one.
 */
export function insertDeliveries(events: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`
      insert into deliveries (event_id, sequence, payment_key, next_attempt_at)
      select e.id, e.sequence, e.payment_key,
             case when exists (
               select 1 from deliveries d
               where d.payment_key = e.payment_key and not d.replayed and d.state in ('pending', 'delivering')
             ) then null else e.received_at end
      from (${events}) e
      returning event_id, next_attempt_at is null as waits`;
}

/** Makes the earliest unfinished delivery of each lane of these events' payments due, unless it is or is under way. */
export async function giveTurn(db: Database, eventIds: readonly string[]): Promise<void> {
  await db.run(
    sql`
      with head as (
        select distinct on (u.payment_key, u.replayed) u.event_id
        from deliveries u
        where u.state in ('pending', 'delivering')
          and u.payment_key in (select o.payment_key from deliveries o where o.event_id = any(${eventIds}::uuid[]))
        order by u.payment_key, u.replayed, u.sequence
      ), locked as (
        select d.event_id
        from deliveries d join head using (event_id)
        where d.state = 'pending' and d.next_attempt_at is null
        order by d.sequence
        for update of d
      )
      update deliveries d
      set next_attempt_at = now()
      from locked
      where d.event_id = locked.event_id`.compile(db.kysely),
  );
}

/**
 * Finds deliveries that wait for a turn although nothing is before them, as a process leaves them that dies between a
 * settlement and `giveTurn`. Steps from payment to payment, so its cost follows the payments that wait, not the rows.
 */
export async function giveForgottenTurns(db: Database): Promise<number> {
  const rows = await db.run(
    sql<{ readonly eventId: string }>`
      with recursive lane as (
        (select payment_key, replayed, sequence, event_id from deliveries
         where state = 'pending' and next_attempt_at is null
         order by payment_key, replayed, sequence limit 1)
        union all
        select n.* from lane l cross join lateral (
          select w.payment_key, w.replayed, w.sequence, w.event_id from deliveries w
          where w.state = 'pending' and w.next_attempt_at is null
            and (w.payment_key, w.replayed) > (l.payment_key, l.replayed)
          order by w.payment_key, w.replayed, w.sequence limit 1
        ) n
      ), locked as (
        select d.event_id
        from deliveries d join lane l using (event_id)
        where d.state = 'pending' and d.next_attempt_at is null
          and not exists (
            select 1 from deliveries ahead
            where ahead.payment_key = l.payment_key and ahead.replayed = l.replayed
              and ahead.state in ('pending', 'delivering') and ahead.sequence < l.sequence
          )
        order by d.sequence
        for update of d skip locked
      )
      update deliveries d
      set next_attempt_at = now()
      from locked
      where d.event_id = locked.event_id
      returning d.event_id as "eventId"`.compile(db.kysely),
  );
  return rows.length;
}
