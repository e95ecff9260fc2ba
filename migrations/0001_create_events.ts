import { type Kysely, sql } from 'kysely';

/**
 * Creates the tables of events: one row per event, never changed afterwards.
 *
 * Why this shape: an advisory lock of the payment (0004_create_store_function.ts) protects the decision whether two
 * callbacks are the same event, and the order of a payment's events. A unique index alone can express neither a moving
 * window nor "equal to any BOOKED". An identity column alone can show a later number before an earlier one.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  // `body` is bytea, not jsonb: jsonb would lose numbers as written, NUL escapes and deep nesting.
  // `parameters` is json, not jsonb, because a value may hold a NUL, which jsonb rejects and json keeps escaped.
  await sql`
    create table events (
      sequence bigint generated always as identity primary key,
      id uuid not null unique,
      payment_key text not null,
      payment_id text,
      callback text not null,
      type text not null,
      result text,
      method text not null,
      parameters json not null,
      body bytea,
      registered_at timestamptz,
      received_at timestamptz not null,
      verified json not null,
      constraint events_method_known check (method in ('GET', 'POST')),
      constraint events_payment_unless_test check ((payment_id is null) = (callback = 'TEST')),
      constraint events_key_is_payment check (payment_id is null or payment_key = payment_id)
    )`.execute(db);
  await sql`create index events_payment_key_sequence on events (payment_key, sequence)`.execute(db);
  // For retention, and for queries by time of receipt.
  await sql`create index events_received_at on events (received_at)`.execute(db);
  // For the status API: events of a rare type are found without reading the history.
  await sql`create index events_callback_sequence on events (callback, sequence)`.execute(db);
  await sql`create index events_type_sequence on events (type, sequence)`.execute(db);

  // The deduplication keys of events. No foreign key: a row may outlive its event by the rest of its window.
  await sql`
    create table identities (
      payment_key text not null,
      key text not null,
      event_id uuid not null,
      expires_at timestamptz not null,
      primary key (payment_key, key)
    )`.execute(db);
  await sql`create index identities_expires_at on identities (expires_at)`.execute(db);

  // Only an event that was received more than once has a row, so that the usual event costs nothing here.
  await sql`
    create table receipts (
      event_id uuid primary key references events (id) on delete cascade,
      count integer not null,
      last_at timestamptz not null,
      constraint receipts_more_than_one check (count > 1)
    ) with (fillfactor = 80)`.execute(db);
}
