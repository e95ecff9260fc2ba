/**
 * Reads when the facts of a payment were reported last, however many events it has. The last event says which facts there
 * are (events/order-state.ts), so the events are read from the newest on, in steps, and only until each has its time: of
 * most payments that is one step.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import { type OrderNow, orderNow } from '../events/order-now.ts';
import { FACT_TYPES, factsUntil, isFact } from '../events/order-state.ts';
import { findLastFact, type LastFact } from '../events/queries.ts';

export interface ReportedFacts {
  /** By event type; types that were never reported are missing. */
  readonly times: ReadonlyMap<string, Date>;
  /** The one that was told last, as far as the events were read. */
  readonly orderReference: string | null;
}

export interface ReportedPayment extends ReportedFacts {
  /** As the webhook of the last event has it. */
  readonly order: Pick<OrderNow, 'state' | 'certain'> | null;
}

/** How many events one statement reads: some milliseconds. */
export const FACTS_STEP = 1_000;

/** Reads them. Their times are those of the first callback of the last event that reported the fact. */
export async function readReportedFacts(db: Database, paymentId: string): Promise<ReportedPayment> {
  const last = await findLastFact(db, paymentId);
  const facts = last === null ? [] : factsUntil(last).filter(isFact);
  const missing = new Set<string>(facts.map((fact) => FACT_TYPES[fact]));
  const times = new Map<string, Date>();
  let orderReference: string | null = null;
  let before: number | null = null;
  do {
    const step: FactsStep = await readFactsStep(db, paymentId, before);
    for (const [type, at] of step.times) {
      if (!times.has(type)) times.set(type, at);
      missing.delete(type);
    }
    orderReference ??= step.orderReference;
    before = step.next;
  } while (before !== null && missing.size > 0);
  return { times, orderReference, order: last === null ? null : orderOf(last) };
}

/** What Resurs held of the payment decides, where it was read for the event. */
function orderOf({ order, snapshot }: LastFact): ReportedPayment['order'] {
  const payment = snapshot?.payment ?? null;
  const { state, certain } = payment === null ? order : orderNow(payment.state, order.earlier);
  return { state, certain };
}

export interface FactsStep extends ReportedFacts {
  /** Number of events that were read. */
  readonly count: number;
  /** Below which sequence the next step begins; null at the end. */
  readonly next: number | null;
}

interface StepRow {
  readonly count: number;
  readonly lowest: number | null;
  readonly orderReference: string | null;
  readonly type: string | null;
  readonly at: Date | null;
}

const TYPES: readonly string[] = Object.values(FACT_TYPES);

/** Reads the newest events of a lower sequence than `before`; null: the newest of all. */
export async function readFactsStep(db: Database, paymentId: string, before: number | null): Promise<FactsStep> {
  const rows = await db.run(
    sql<StepRow>`
      with newest as materialized (
        select sequence, type, missed, received_at,
               case when provider is null then payment_id else order_reference end as reference
        from events
        where (payment_key, sequence) > (${paymentId}, 0)
          and (payment_key, sequence) < (${paymentId}, coalesce(${before}::bigint, 9223372036854775807))
        order by payment_key desc, sequence desc limit ${sql.lit(FACTS_STEP)}
      ), reported as (
        select f.type, max(n.received_at) as at
        from newest n cross join lateral (
          select n.type union all select 'payment.' || fact from json_array_elements_text(n.missed -> 'facts') fact
        ) f
        group by f.type
      )
      select i.*, r.type, r.at
      from (
        select count(*)::int as count, min(sequence) as lowest, (
          select reference from newest where reference is not null order by sequence desc limit 1
        ) as "orderReference"
        from newest
      ) i left join reported r on true`.compile(db.kysely),
  );
  const times = new Map<string, Date>();
  for (const { type, at } of rows) {
    if (type !== null && at !== null && TYPES.includes(type)) times.set(type, at);
  }
  const { count = 0, lowest = null, orderReference = null } = rows[0] ?? {};
  return { times, orderReference, count, next: count === FACTS_STEP ? lowest : null };
}
