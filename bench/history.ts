/**
 * Events by SQL, as the service would have left them: four a payment, half of them with a body, either delivered long ago
 * with one attempt each, or waiting for their first. A million takes about half a minute.
 */
import pg from 'pg';

/** Of one insert, so that who waits hears of it. */
const CHUNK = 500_000;
const BODY =
  '{"addedPaymentSpecificationLines":[{"id":"1","artNo":"FEE-1","description":"Invoice fee","quantity":1,' +
  '"unitMeasure":"st","unitAmountWithoutVat":20,"vatPct":25,"totalVatAmount":5,"totalAmount":25}]}';
/** The default of DEDUPE_WINDOW_DAYS: an event's identity is forgotten after it. */
const WINDOW_DAYS = 31;

export interface History {
  /** Begins every payment's id. */
  readonly prefix: string;
  readonly count: number;
  /** How long ago the first and the last of them came. */
  readonly fromDaysAgo: number;
  readonly toDaysAgo: number;
  readonly state: 'delivered' | 'waiting';
}

export async function storeHistory(connectionString: string, history: History): Promise<void> {
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    for (let first = 0; first < history.count; first += CHUNK) {
      await storeChunk(client, history, { first, last: Math.min(first + CHUNK, history.count) - 1 });
    }
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  } finally {
    await client.end();
  }
}

async function storeChunk(client: pg.Client, history: History, { first, last }: { first: number; last: number }) {
  const { prefix, count, fromDaysAgo, toDaysAgo, state } = history;
  const payment = `'${prefix}-' || n / 4`;
  await client.query(`
    with event as (
      insert into events (id, payment_key, payment_id, callback, type, method, parameters, body, received_at, verified)
      select uuidv7(at - now()), ${payment}, ${payment},
             (array['BOOKED', 'UNFREEZE', 'UPDATE', 'FINALIZATION'])[n % 4 + 1],
             (array['payment.booked', 'payment.unfrozen', 'payment.updated', 'payment.finalized'])[n % 4 + 1],
             (array['POST', 'GET'])[n % 2 + 1], '{}', case when n % 2 = 0 then '${BODY}'::bytea end, at,
             '{"digest":true,"result":true,"basicAuth":false,"source":false}'
      from generate_series(${first}, ${last}) n, lateral (
        select now() - interval '1 day' * (${fromDaysAgo} - (${fromDaysAgo} - ${toDaysAgo}) * n::float8 / ${count}) as at
      ) time
      order by n
      returning id, sequence, payment_key, callback, received_at
    ), known as (
      insert into identities (payment_key, key, event_id, expires_at)
      select payment_key, callback, id, received_at + interval '${WINDOW_DAYS} days' from event
      where received_at > now() - interval '${WINDOW_DAYS} days'
    )
    ${deliveries(state)}`);
}

/** In a payment only the first is due; the others are blocked until it is finished. */
function deliveries(state: History['state']): string {
  if (state === 'delivered') {
    return `insert into deliveries (sequence, state, attempt_count, tries_used, finished_at, first_started_at, first_duration_ms,
                              first_outcome, first_status, first_answer)
      select sequence, 'delivered', 1, 1, received_at, received_at, 5, 'accepted', 204, '' from event`;
  }
  return `insert into outbox (sequence, payment_key, state, wake_at)
      select sequence, payment_key, case when callback = 'BOOKED' then 'pending' else 'blocked' end,
             case when callback = 'BOOKED' then received_at end from event`;
}
