/** The evidence of a run: what came, what had to be found, what is stored, and what the merchant received. */
import { publicId } from '../../src/events/public-id.ts';
import type { ExpectedMissed } from '../../src/simulator/expected-missed.ts';
import type { SimulatedCallback } from '../../src/simulator/result.ts';
import { DELIVERIES } from '../../test/helpers/delivery-states.ts';
import type { SharedDatabase } from '../database.ts';
import type { ReceivedRequest } from '../received-request.ts';
import type { ReconcileRun } from './reconciling.ts';
import { CUSTOMERS } from './testbed.ts';

export interface StoredEvent {
  /** The public id, which the merchant receives. */
  readonly id: string;
  readonly paymentId: string;
  readonly callback: string;
  /** Of an event of reconciliation; else null. */
  readonly missed: { readonly facts: readonly string[]; readonly actions: readonly string[] } | null;
  readonly state: string | null;
}

export interface Evidence {
  readonly callbacks: readonly SimulatedCallback[];
  /** What has to be found, and nothing else. */
  readonly expected: readonly ExpectedMissed[];
  readonly events: readonly StoredEvent[];
  readonly received: readonly ReceivedRequest[];
  readonly runs: readonly ReconcileRun[];
  readonly kills: number;
  readonly crashes: readonly string[];
  /** Where something about a customer, or a secret, was found. */
  readonly leaks: readonly string[];
}

/** Reads all events. */
export async function readEvents({ query }: Pick<SharedDatabase, 'query'>): Promise<StoredEvent[]> {
  const rows = await query<{ -readonly [Name in keyof StoredEvent]: StoredEvent[Name] }>(`
    select e.id, e.payment_id as "paymentId", e.callback, e.missed, d.state
    from events e left join ${DELIVERIES} d using (sequence) order by e.sequence`);
  return rows.map((row) => ({ ...row, id: publicId(row.id) }));
}

/** Finds events that say something about a customer. */
export async function findCustomers({ query }: Pick<SharedDatabase, 'query'>): Promise<string[]> {
  const rows = await query<{ id: string }>(
    `select id from events e where exists (select from unnest($1::text[]) as word where strpos(e::text, word) > 0)`,
    [Object.values(CUSTOMERS)],
  );
  return rows.map(({ id }) => `${publicId(id)}: something about a customer`);
}

/** Identifies a missed fact, or an action of the Merchant API. */
export function missedKeys(paymentId: string, { facts, actions }: NonNullable<StoredEvent['missed']>): string[] {
  return [...facts.map((fact) => `${paymentId} ${fact}`), ...actions.map((action) => `${paymentId} action ${action}`)];
}
