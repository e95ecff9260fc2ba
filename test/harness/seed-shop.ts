/**
 * Inserts the last weeks of a shop by SQL, as the service would have left them: payments with their lives, deliveries
 * that succeeded, failed or were given up for several reasons, rejections, alerts, actions, and the counts of all hours.
 * Pictures and tests of the page look at it. The same seed makes the same shop.
 */
import pg from 'pg';
import type { Random } from '../../src/lib/clock.ts';
import { delayClass } from '../../src/operators/delay-classes.ts';
import { randomFor } from './random.ts';
import { livesOfShop, type SeededEvent, type SeededLife } from './seed-lives.ts';

const HOUR_MS = 3_600_000;

export interface SeededShop {
  readonly nowMs: number;
  /** Default: 240 payments in 30 days. */
  readonly payments?: number;
  readonly days?: number;
}

/** Inserts the shop; returns the payment whose story is the longest: frozen, released, refused twice, captured. */
export async function seedShop(connectionString: string, shop: SeededShop): Promise<{ readonly paymentId: string }> {
  const { nowMs, payments = 240, days = 30 } = shop;
  const random = randomFor(1, 'shop');
  const lives = livesOfShop({ nowMs, payments, days, random });
  const events = lives.flatMap((life) => life.events).sort((one, other) => one.receivedAtMs - other.receivedAtMs);
  const client = new pg.Client({ connectionString });
  await client.connect();
  try {
    await client.query(INSERT_EVENTS, [JSON.stringify(events.map(rowOf))]);
    await client.query(INSERT_COUNTS, [JSON.stringify(countsOf(events, { nowMs, days, random }))]);
    await client.query(INSERT_OTHERS, [new Date(nowMs)]);
  } finally {
    await client.end();
  }
  return { paymentId: storyOf(lives) };
}

function storyOf(lives: readonly SeededLife[]): string {
  const [first] = lives.filter(({ isStory }) => isStory);
  if (first === undefined) throw new Error('the shop has no story');
  return first.paymentId;
}

function rowOf(event: SeededEvent) {
  const { attempts, ...rest } = event;
  return {
    ...rest,
    receivedAt: new Date(event.receivedAtMs),
    attempts: attempts.map((attempt, index) => ({ ...attempt, number: index + 1, startedAt: new Date(attempt.atMs) })),
  };
}

/** Attempts of a finished delivery are all in `attempts`, but for a single one. */
const INSERT_EVENTS = `
  with given as (
    select * from json_to_recordset($1::json) as t(
      "paymentId" text, callback text, type text, result text, method text, body text, "receivedAt" timestamptz,
      receipts int, "orderState" text, "orderCertain" boolean, "earlierFacts" text, state text, attempts json
    )
  ), numbered as (
    select *, row_number() over (order by "receivedAt") as n from given
  ), stored as (
    insert into events (id, payment_key, payment_id, callback, type, result, method, parameters, body, received_at,
                        registered_at, verified, order_state, order_certain, earlier_facts)
    select gen_random_uuid(), "paymentId", "paymentId", callback, type, result, method,
           json_build_object('paymentId', "paymentId"), convert_to(body, 'UTF8'), "receivedAt", "receivedAt",
           '{"digest":true,"result":true,"basicAuth":true,"source":true}', "orderState", "orderCertain", "earlierFacts"
    from numbered order by n
    returning id, sequence, received_at, payment_key, callback
  ), event as (
    select s.id, s.sequence, g.* from stored s
    join numbered g on g."paymentId" = s.payment_key and g.callback = s.callback and g."receivedAt" = s.received_at
  ), repeat as (
    insert into receipts (event_id, count, last_at)
    select id, receipts, "receivedAt" + interval '5 seconds' from event where receipts > 1
  ), attempt as (
    select e.sequence, e.state, json_array_length(e.attempts) as attempts, a.*
    from event e, json_to_recordset(e.attempts) as a(
      number int, "startedAt" timestamptz, "durationMs" int, outcome text, status int, error text, answer text
    )
  ), kept as (
    insert into attempts (sequence, number, started_at, duration_ms, outcome, status, error, answer)
    select sequence, number, "startedAt", "durationMs", outcome, status, error, answer from attempt
    where attempts > 1 or state = 'pending'
  ), unfinished as (
    insert into outbox (sequence, payment_key, state, attempt_count, tries_used, wake_at)
    select sequence, "paymentId", 'pending', json_array_length(attempts), json_array_length(attempts),
           "receivedAt" + interval '6 hours'
    from event where state = 'pending'
  ), dead as (
    insert into dead_letters (sequence, given_up_at)
    select sequence, "receivedAt" + interval '3 hours' from event where state = 'dead_letter'
  )
  insert into deliveries (sequence, state, attempt_count, tries_used, finished_at, first_started_at, first_duration_ms,
                          first_outcome, first_status, first_error, first_answer)
  select e.sequence, e.state, json_array_length(e.attempts), json_array_length(e.attempts),
         coalesce(l."startedAt" + l."durationMs" * interval '1 ms', e."receivedAt"),
         o."startedAt", o."durationMs", o.outcome, o.status, o.error, o.answer
  from event e
  join lateral (select * from attempt a where a.sequence = e.sequence order by number desc limit 1) l on true
  left join attempt o on o.sequence = e.sequence and o.attempts = 1
  where e.state in ('delivered', 'dead_letter')`;

const INSERT_COUNTS = `
  insert into hourly_counts (hour, kind, name, count)
  select hour, kind, name, count from json_to_recordset($1::json) as t(hour timestamptz, kind text, name text, count bigint)`;

const INSERT_OTHERS = `
  with now as (select $1::timestamptz as at), rejected as (
    insert into rejections (payment_id, callback, first_seen_at, last_seen_at, count)
    select 'OTHER-' || n, (array['BOOKED', 'UPDATE', 'UNFREEZE'])[n % 3 + 1],
           at - n * interval '95 minutes' - interval '9 minutes', at - n * interval '95 minutes', n % 4 + 1
    from generate_series(1, 9) n, now
  ), alert as (
    insert into alerts (name, edge_id, state, severity, since, until, last_true_at, message, fix)
    select 'dead_letters', gen_random_uuid(), 'firing', 'critical', at - interval '47 minutes', null, at,
           'Deliveries were given up: the shop did not accept them.',
           'Find the reason with GET /events?state=dead_letter, mend it, and replay them.' from now
    union all
    select 'webhook_down', gen_random_uuid(), 'resolved', 'critical', at - interval '26 hours', at - interval '25 hours',
           at - interval '25 hours', 'The webhook was down for more than 5 minutes.',
           'Look at the last error in GET /status.' from now
  ), replay as (
    insert into replays (id, filter, request_hash, up_to, count, replayed, state, created_by, created_at, finished_at)
    select gen_random_uuid(), filter::json, '', 1, n * 13, n * 13 - stopped, case stopped when 0 then 'done' else 'stopped' end,
           'Support', at - n * interval '21 hours', at - n * interval '21 hours' + interval '14 seconds'
    from now, (values
      (1, 0, '{"state": "dead_letter", "reason": "503"}'),
      (2, 9, '{"state": "delivered", "type": "payment.booked", "from": "2026-11-01T00:00:00.000Z"}'),
      (3, 0, '{"state": "dead_letter"}')
    ) as given(n, stopped, filter)
    returning id, count, created_at
  ), done as (
    select created_at as at, 'replay.started' as action, 'Support' as operator,
           json_build_object('id', id, 'count', count, 'state', 'dead_letter', 'reason', '503') as detail from replay
    union all
    select at - n * interval '7 hours', (array['alert.tested', 'event.replayed'])[n % 2 + 1],
           (array['Support', 'STATUS_TOKEN'])[n % 2 + 1],
           case n % 2 when 0 then json_build_object('format', 'slack', 'outcome', 'accepted', 'status', 200)
                      else json_build_object('id', 'evt_' || gen_random_uuid()) end
    from generate_series(1, 10) n, now
  )
  insert into actions (at, action, operator, detail)
  select at, action, operator, detail from done order by at`;

interface Span {
  readonly nowMs: number;
  readonly days: number;
  readonly random: Random;
}

function countsOf(events: readonly SeededEvent[], { nowMs, days, random }: Span) {
  const counts = new Map<string, number>();
  const add = (atMs: number, kind: string, name: string, count = 1) => {
    const key = JSON.stringify([new Date(Math.floor(atMs / HOUR_MS) * HOUR_MS), kind, name]);
    counts.set(key, (counts.get(key) ?? 0) + count);
  };
  for (const { receivedAtMs, receipts, type, state, attempts } of events) {
    add(receivedAtMs, 'callback', '204', receipts);
    add(receivedAtMs, 'event', type);
    for (const { atMs } of attempts.slice(0, -1)) add(atMs, 'delivery', 'retried');
    const last = attempts.at(-1);
    if (last === undefined || state === 'pending') continue;
    add(last.atMs, 'delivery', state);
    if (state === 'delivered') add(last.atMs, 'delay', delayClass(last.atMs + last.durationMs - receivedAtMs));
  }
  for (let day = 0; day < days; day++) {
    const atMs = nowMs - day * 24 * HOUR_MS - random() * 12 * HOUR_MS;
    add(atMs, 'callback', random() < 0.5 ? '410' : '406', 1 + Math.floor(random() * 3));
  }
  return [...counts].map(([key, count]) => {
    const [hour, kind, name] = JSON.parse(key);
    return { hour, kind, name, count };
  });
}
