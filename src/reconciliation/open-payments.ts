/**
 * The payments of the Merchant API that something may still happen to, and when Resurs is asked for each next. A run that
 * is killed leaves what it has not written as it was: due.
 */
import { sql } from 'kysely';
import { textArray } from '../db/array-literals.ts';
import type { Database } from '../db/client.ts';

/** What an earlier look found missing, which has no time of its own. */
export interface Suspicion {
  /** Names it; null: nothing. */
  readonly missing: string | null;
  readonly missingSince: Date | null;
}

export interface OpenPayment extends Suspicion {
  readonly paymentId: string;
  readonly firstSeenAt: Date;
}

/** When a payment is due next; null: never again. */
export interface NextLook extends Suspicion {
  readonly paymentId: string;
  readonly dueAt: Date | null;
}

/** The position in the order of due rows; the time is text, because a Date has no microseconds. */
export interface DueCursor {
  readonly dueAt: string;
  readonly name: string;
}
export const FIRST_DUE: DueCursor = { dueAt: '-infinity', name: '' };

/** How many are read at once. */
export const DUE_BATCH = 20;

/** Finds payments that are due behind the cursor, the oldest first. */
export async function findDuePayments(
  db: Database,
  { now, after, signal }: { readonly now: Date; readonly after: DueCursor; readonly signal?: AbortSignal },
): Promise<readonly (OpenPayment & { readonly cursor: DueCursor })[]> {
  const rows = await db.run(
    sql<OpenPayment & { readonly dueAt: string }>`
      select payment_id as "paymentId", first_seen_at as "firstSeenAt", due_at::text as "dueAt", missing,
             missing_since as "missingSince"
      from open_payments
      where due_at <= ${now}::timestamptz and (due_at, payment_id) > (${after.dueAt}::timestamptz, ${after.name}::text)
      order by due_at, payment_id
      limit ${sql.lit(DUE_BATCH)}`.compile(db.kysely),
    signal,
  );
  return rows.map(({ dueAt, ...row }) => ({ ...row, cursor: { dueAt, name: row.paymentId } }));
}

/** Writes when payments are due next; removes those that never are again. Payments that are new are added. */
export async function writeNextLooks(db: Database, looks: readonly NextLook[]): Promise<void> {
  if (looks.length === 0) return;
  const times = (pick: (look: NextLook) => Date | null) =>
    sql`${textArray(looks.map((look) => pick(look)?.toISOString() ?? null))}::timestamptz[]`;
  await db.run(
    sql`
      with input as materialized (
        select * from unnest(
          ${textArray(looks.map(({ paymentId }) => paymentId))}::text[], ${times(({ dueAt }) => dueAt)},
          ${textArray(looks.map(({ missing }) => missing))}::text[], ${times(({ missingSince }) => missingSince)}
        ) as t (payment_id, due_at, missing, missing_since)
      ), removed as (
        delete from open_payments where ctid = any (array(
          select p.ctid from input i
          cross join lateral (select o.ctid from open_payments o where o.payment_id = i.payment_id offset 0) p
          where i.due_at is null
        ))
      )
      insert into open_payments as o (payment_id, due_at, missing, missing_since)
      select payment_id, due_at, missing, missing_since from input where due_at is not null
      on conflict (payment_id) do update
      set due_at = excluded.due_at, missing = excluded.missing,
          missing_since = case when o.missing = excluded.missing then o.missing_since else excluded.missing_since end`.compile(
      db.kysely,
    ),
  );
}

/** Adds payments of which an event came, each due at its time; those that are known keep theirs, unless it is later. */
export async function enterPayments(
  db: Database,
  payments: ReadonlyMap<string, Date>,
  { isSooner }: { readonly isSooner: boolean },
): Promise<void> {
  if (payments.size === 0) return;
  const ids = [...payments.keys()].toSorted();
  const dueAt = ids.map((id) => payments.get(id)?.toISOString() ?? null);
  await db.run(
    sql`
      insert into open_payments as o (payment_id, due_at)
      select payment_id, due_at from unnest(${textArray(ids)}::text[], ${textArray(dueAt)}::timestamptz[]) as t (payment_id, due_at)
      on conflict (payment_id) do update set due_at = excluded.due_at
      where ${isSooner}::bool and o.due_at > excluded.due_at`.compile(db.kysely),
  );
}

/** Returns which of the payments are not among the open ones. */
export async function findUnknownPayments(db: Database, paymentIds: readonly string[]): Promise<readonly string[]> {
  const rows = await db.run(
    sql<{ readonly paymentId: string }>`
      select payment_id as "paymentId" from open_payments where payment_id = any (${textArray(paymentIds)}::text[])`.compile(
      db.kysely,
    ),
  );
  const known = new Set(rows.map(({ paymentId }) => paymentId));
  return paymentIds.filter((id) => !known.has(id));
}
