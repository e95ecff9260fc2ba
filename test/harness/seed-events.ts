/**
 * Inserts events by SQL as the service would have left them, with their identities, receipts and deliveries. The
 * service itself could not make them as old or as many.
 */
import pg from 'pg';

const VERIFIED = '{"digest":true,"result":true,"basicAuth":false,"source":false}';

export interface SeededEvents {
  readonly count: number;
  /** How long ago they arrived. */
  readonly ageDays?: number;
  /** The state of their deliveries; null: no delivery. Unfinished ones are due in an hour. */
  readonly state?: 'pending' | 'delivering' | 'delivered' | 'dead_letter' | null;
  readonly callback?: string;
  readonly type?: string;
  /** Prefix of the payment ids `<payment>-1`, `<payment>-2`, …: one payment for each event. */
  readonly payment?: string;
  /** Gives all events the payment id `<payment>`. */
  readonly isOnePayment?: boolean;
  /** When their identities expire, from now. */
  readonly expireInDays?: number;
}

interface Queryable {
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** Inserts the events, each with a second receipt, an identity and, unless pending, one attempt. */
export async function seedEvents(database: Queryable, past: SeededEvents): Promise<void> {
  const { count, ageDays = 0, state = 'delivered', callback = 'UNFREEZE', type = 'payment.unfrozen' } = past;
  const { payment = 'past', isOnePayment = false, expireInDays = 31 - ageDays } = past;
  await database.query(SEED_EVENTS, [count, ageDays, state, callback, type, payment, isOnePayment, expireInDays]);
}

const SEED_EVENTS = `
  with source as (
    select n, case when $7::bool then $6::text else $6::text || '-' || n end as payment_key, gen_random_uuid() as id,
           date_trunc('milliseconds', now() - $2::float8 * interval '1 day') as at
    from generate_series(1, $1::int) n
  ), stored as (
    insert into events (id, payment_key, payment_id, callback, type, method, parameters, received_at, verified)
    select id, payment_key, payment_key, $4, $5, 'GET', '{}', at, '${VERIFIED}' from source order by n
    returning id, sequence, payment_key, received_at
  ), identity as (
    insert into identities (payment_key, key, event_id, expires_at)
    select payment_key, 'past:' || id, id, now() + $8::float8 * interval '1 day' from stored
  ), repeat as (
    insert into receipts (event_id, count, last_at) select id, 2, received_at from stored
  ), unfinished as (
    insert into outbox (sequence, payment_key, state, attempt_count, tries_used, wake_at, claim_token, claimed_at)
    select sequence, payment_key, $3, tries, tries, now() + interval '1 hour',
           case when $3 = 'delivering' then gen_random_uuid() end, case when $3 = 'delivering' then now() end
    from stored cross join (select case when $3 = 'pending' then 0 else 1 end as tries) t
    where $3::text in ('pending', 'delivering')
    returning sequence, attempt_count
  ), dead as (
    insert into dead_letters select sequence from stored where $3 = 'dead_letter'
  ), finished as (
    insert into deliveries (sequence, state, attempt_count, tries_used, finished_at,
                            first_started_at, first_duration_ms, first_outcome, first_status)
    select sequence, $3, 1, 1, received_at, now(), 5, case when $3 = 'delivered' then 'accepted' else 'refused' end, 200
    from stored where $3::text in ('delivered', 'dead_letter')
  )
  insert into attempts (sequence, number, started_at, duration_ms, outcome, status)
  select sequence, 1, now(), 5, 'refused', 200 from unfinished where attempt_count > 0`;

/** Events of one insert, so that progress can be seen in the database. */
const CHUNK = 500_000;
const BODY =
  '{"addedPaymentSpecificationLines":[{"id":"1","artNo":"FEE-1","description":"Invoice fee","quantity":1,' +
  '"unitMeasure":"st","unitAmountWithoutVat":20,"vatPct":25,"totalVatAmount":5,"totalAmount":25}]}';
/** The default of DEDUPE_WINDOW_DAYS: an event's identity expires after it. */
const WINDOW_DAYS = 31;

export interface SeededHistory {
  /** Prefix of the payment ids `<prefix>-0`, `<prefix>-1`, …: four events each. */
  readonly prefix: string;
  readonly count: number;
  /** How long ago the first and the last of them arrived. */
  readonly fromDaysAgo: number;
  readonly toDaysAgo: number;
  /** `waiting`: for their first attempt. */
  readonly state: 'delivered' | 'waiting';
}

/**
 * Inserts a long history: four events a payment, half of them with a body, either delivered with one attempt each, or
 * waiting for their first. Vacuums, analyzes and checkpoints after it. A million events take about half a minute.
 */
export async function seedHistory(connectionString: string, history: SeededHistory): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (let first = 0; first < history.count; first += CHUNK) {
      await seedChunk(client, history, { first, last: Math.min(first + CHUNK, history.count) - 1 });
    }
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}

async function seedChunk(client: pg.Client, history: SeededHistory, { first, last }: { first: number; last: number }) {
  const { prefix, count, fromDaysAgo, toDaysAgo, state } = history;
  const payment = `'${prefix}-' || n / 4`;
  await client.query(`
    with event as (
      insert into events (
        id, payment_key, payment_id, callback, type, method, parameters, body, received_at, verified,
        order_state, order_certain, earlier_facts
      )
      select uuidv7(at - now()), ${payment}, ${payment},
             (array['BOOKED', 'UNFREEZE', 'UPDATE', 'FINALIZATION'])[n % 4 + 1],
             (array['payment.booked', 'payment.unfrozen', 'payment.updated', 'payment.finalized'])[n % 4 + 1],
             (array['POST', 'GET'])[n % 2 + 1], '{}', case when n % 2 = 0 then '${BODY}'::bytea end, at,
             '${VERIFIED}',
             (array['on_hold', 'may_ship', 'may_ship', 'paid'])[n % 4 + 1], n % 2 = 1,
             (array['', 'booked', 'booked,unfrozen', 'booked,unfrozen,updated'])[n % 4 + 1]
      from generate_series(${first}, ${last}) n, lateral (
        select now() - interval '1 day' * (${fromDaysAgo} - (${fromDaysAgo} - ${toDaysAgo}) * n::float8 / ${count}) as at
      ) time
      order by n
      returning id, sequence, payment_key, callback, received_at
    ), identity as (
      insert into identities (payment_key, key, event_id, expires_at)
      select payment_key, callback, id, received_at + interval '${WINDOW_DAYS} days' from event
      where received_at > now() - interval '${WINDOW_DAYS} days'
    )
    ${insertDeliveries(state)}`);
}

/** Makes only the first delivery of a payment due; the others are blocked until it is finished. */
function insertDeliveries(state: SeededHistory['state']): string {
  if (state === 'delivered') {
    return `insert into deliveries (sequence, state, attempt_count, tries_used, finished_at, first_started_at, first_duration_ms,
                              first_outcome, first_status, first_answer)
      select sequence, 'delivered', 1, 1, received_at, received_at, 5, 'accepted', 204, '' from event`;
  }
  return `insert into outbox (sequence, payment_key, state, wake_at)
      select sequence, payment_key, case when callback = 'BOOKED' then 'pending' else 'blocked' end,
             case when callback = 'BOOKED' then received_at end from event`;
}
