import { type Kysely, sql } from 'kysely';

/** Whose order is it? The orders a shop has registered, and the callbacks that were turned away. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table orders (
      payment_id text primary key,
      registered_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index orders_registered_at on orders (registered_at)`.execute(db);

  // One row an order and type, however often Resurs comes again. Small: who writes it removes the oldest.
  await sql`
    create table rejections (
      payment_id text not null,
      callback text not null,
      first_seen_at timestamptz not null,
      last_seen_at timestamptz not null,
      count bigint not null,
      primary key (payment_id, callback),
      constraint rejections_seen check (count > 0 and last_seen_at >= first_seen_at)
    ) with (fillfactor = 70)`.execute(db);
  await sql`create index rejections_last_seen_at on rejections (last_seen_at)`.execute(db);
}
