/** What a run leaves to be judged. */
import { DELIVERIES } from '../../test/helpers/delivery-states.ts';
import type { SlowEnd } from './connection-floods.ts';
import type { Fact } from './expected-event.ts';
import type { HonestCallback } from './legitimate-traffic.ts';
import type { Sample } from './process-metrics.ts';
import type { House } from './receiver.ts';

/** What one receiver kept, and what it cost. */
export interface HouseEvidence {
  readonly name: string;
  readonly honest: readonly HonestCallback[];
  /** Odd but right, and answered 204. */
  readonly taken: readonly Fact[];
  /** The same, answered 503 or not at all. */
  readonly doubtful: readonly Fact[];
  readonly kept: readonly Fact[];
  /** Ids of rows in other tables than events, for which there is no event. */
  readonly strays: readonly string[];
  readonly slow: readonly SlowEnd[];
  readonly memory: readonly Sample[];
  /** Open files before and after; null where nobody can tell. */
  readonly files: { readonly before: number | null; readonly after: number | null };
  readonly logLines: number;
  /** Time series of `resurs_callbacks_total`. */
  readonly series: number;
  readonly crash: string | null;
  readonly exitCode: number | null;
}

export interface Evidence {
  readonly houses: readonly HouseEvidence[];
  /** What was wrong with answers, and how often. */
  readonly wrongs: ReadonlyMap<string, number>;
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly idle: { readonly wanted: number; readonly open: number };
  readonly leaks: readonly string[];
  readonly notJson: number;
  readonly seconds: number;
}

interface Row {
  readonly paymentId: string;
  readonly callback: string;
  readonly result: string | null;
  readonly method: string;
  readonly parameters: Record<string, string>;
  readonly body: string | null;
  readonly registeredAt: string | null;
}

/** All events, as the facts they came from. */
export async function readKept({ query }: House): Promise<Fact[]> {
  const rows = await query<Row & Record<string, unknown>>(`
    select coalesce(payment_id, payment_key) as "paymentId", callback, result, method, parameters,
           encode(sha256(body), 'hex') as body,
           to_char(registered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "registeredAt"
    from events`);
  return rows.map(({ paymentId, callback, result, method, parameters, body, registeredAt }) => {
    return { paymentId, callback, result, method, parameters, body, registeredAt };
  });
}

/** Identities, deliveries and receipts belong to an event; of orders and rejections there must be none. */
export async function readStrays({ query }: House): Promise<string[]> {
  const rows = await query<{ what: string }>(`
    select 'identities ' || payment_key as what from identities i
    where not exists (select from events e where e.id = i.event_id)
    union all select 'deliveries ' || sequence from ${DELIVERIES} d
    where not exists (select from events e where e.sequence = d.sequence)
    union all select 'receipts ' || event_id from receipts
    union all select 'orders ' || o::text from orders o
    union all select 'rejections ' || r::text from rejections r
    limit 100`);
  return rows.map(({ what }) => what);
}
