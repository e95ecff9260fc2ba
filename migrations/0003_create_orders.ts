import { type Kysely, sql } from 'kysely';

/** Creates the tables of order ownership: the orders that a shop has registered, and the rejected callbacks. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table orders (
      payment_id text primary key,
      registered_at timestamptz not null default now()
    )`.execute(db);
  await sql`create index orders_registered_at on orders (registered_at)`.execute(db);

  // One row per order and type, however often Resurs retries. It stays small: the writer prunes the oldest rows.
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
