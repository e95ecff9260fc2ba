/** The evidence of a run. */
import type { Provider } from '../../src/db/schema.ts';
import { DELIVERIES } from '../../test/helpers/delivery-states.ts';
import type { SlowClientResult } from './connection-floods.ts';
import type { ExpectedEvent } from './expected-event.ts';
import type { LegitimateCallback } from './legitimate-traffic.ts';
import type { Sample } from './process-metrics.ts';
import type { TargetReceiver } from './receiver.ts';

/** What one receiver stored, and which resources it used. */
export interface TargetEvidence {
  readonly name: string;
  readonly legitimate: readonly LegitimateCallback[];
  /** Valid but unusual callbacks that were answered 204. */
  readonly accepted: readonly ExpectedEvent[];
  /** The same, answered 503 or not at all. */
  readonly uncertain: readonly ExpectedEvent[];
  readonly stored: readonly ExpectedEvent[];
  /** Rows of other tables than events that belong to no event. */
  readonly orphans: readonly string[];
  readonly slow: readonly SlowClientResult[];
  readonly memory: readonly Sample[];
  /** Open files before and after; null where this is unknown. */
  readonly files: { readonly before: number | null; readonly after: number | null };
  readonly logLines: number;
  /** Time series of `resurs_callbacks_total`. */
  readonly series: number;
  readonly crash: string | null;
  readonly exitCode: number | null;
}

export interface Evidence {
  readonly targets: readonly TargetEvidence[];
  /** Wrong responses, and how often each occurred. */
  readonly violations: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly idle: { readonly wanted: number; readonly open: number };
  readonly leaks: readonly string[];
  readonly notJson: number;
  readonly seconds: number;
}

interface Row {
  readonly provider: Provider;
  readonly paymentId: string;
  readonly orderReference: string | null;
  readonly callback: string;
  readonly result: string | null;
  readonly method: string;
  readonly parameters: Record<string, string>;
  readonly body: string | null;
  readonly registeredAt: string | null;
}

/** Reads all events, in the form of the expected ones. */
export async function readStored({ query }: TargetReceiver): Promise<ExpectedEvent[]> {
  const rows = await query<Row & Record<string, unknown>>(`
    select coalesce(provider, 'resurs-ecom') as provider,
           case when callback = 'TEST' then coalesce(parameters ->> 'test', payment_key)
                else coalesce(payment_id, payment_key) end as "paymentId",
           order_reference as "orderReference", callback, result, method, parameters,
           encode(sha256(body), 'hex') as body,
           to_char(registered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "registeredAt"
    from events`);
  return rows.map(({ provider, paymentId, orderReference, callback, result, method, ...rest }) => {
    const { parameters, body, registeredAt } = rest;
    return { provider, paymentId, orderReference, callback, result, method, parameters, body, registeredAt };
  });
}

/** Reads everything that the events' rows hold in texts, except the bodies, one text a row. */
export async function readTexts({ query }: TargetReceiver): Promise<string[]> {
  const rows = await query<{ text: string }>(`
    select concat_ws(' ', payment_key, callback, type, result, method, parameters, verified, order_reference, snapshot) as text
    from events`);
  return rows.map(({ text }) => text);
}

/** Finds identities and deliveries without an event; of receipts, orders and rejections there must be none. */
export async function findOrphans({ query }: TargetReceiver): Promise<string[]> {
  const rows = await query<{ orphan: string }>(`
    select 'identities ' || payment_key as orphan from identities i
    where not exists (select from events e where e.id = i.event_id)
    union all select 'deliveries ' || sequence from ${DELIVERIES} d
    where not exists (select from events e where e.sequence = d.sequence)
    union all select 'receipts ' || event_id from receipts
    union all select 'orders ' || o::text from orders o
    union all select 'rejections ' || r::text from rejections r
    limit 100`);
  return rows.map(({ orphan }) => orphan);
}
