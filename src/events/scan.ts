/**
 * Bounded scans of the stored events in the order of their sequence, for lists, counts and replays.
 *
 * One index drives a scan: that of the ids, of the payment, of the order's reference, of an unfinished or dead-letter state, of the
 * type, of the callback, of the provider, or the sequence itself (scan-driver.ts). One statement scans at most `window` of its entries, and checks the rest of the filter entry by
 * entry. So no statement costs more than its window, whatever the history, the backlog and the statistics are; a scan
 * that has not reached its end continues from its last entry.
 */
import { type RawBuilder, sql } from 'kysely';
import { type Driver, driverFor, type EventFilter, type EventScan } from './scan-driver.ts';
import { orderBy, sourceFor } from './scan-source.ts';

/** Selects the `sequence` of the matching events among the next `window` entries, in the scan's order. */
export function matchingSequences(scan: EventScan): RawBuilder<unknown> {
  const { source, residual } = planFor(scan);
  return sql`select w.sequence from (${source}) w ${residual} order by ${orderBy(scan, 'w')}`;
}

/** Selects the `sequence` of the last entry of the window; no row when the scan ends before. */
export function lastScanned(scan: EventScan): RawBuilder<unknown> {
  const { source } = planFor(scan);
  return sql`select w.sequence from (${source}) w offset ${sql.lit(scan.window - 1)}`;
}

/** True when the driving index decides the whole filter, so that a window no larger than the page is enough. */
export function isIndexOnly({ filter }: Pick<EventScan, 'filter'>): boolean {
  return conditionsFor({ filter }).length === 0;
}

function planFor(scan: EventScan): { source: RawBuilder<unknown>; residual: RawBuilder<unknown> } {
  const conditions = conditionsFor(scan);
  const residual = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  return { source: sourceFor(scan), residual };
}

/**
 * The conditions that the driving index does not decide. Scalar selects: the planner cannot turn them into joins of
 * whole tables.
 */
function conditionsFor({ filter }: Pick<EventScan, 'filter'>): RawBuilder<unknown>[] {
  const driver = driverFor(filter);
  const { type, callback, state, reason, from, to } = filter;
  const conditions: RawBuilder<unknown>[] = [];
  const receivedAt = driver === 'events' ? sql`w.received_at` : ofEvent('received_at');
  conditions.push(...originConditions(driver, filter));
  if (type !== undefined && driver !== 'type') conditions.push(sql`${ofEvent('type')} = ${type}`);
  if (callback !== undefined && driver !== 'callback') conditions.push(sql`${ofEvent('callback')} = ${callback}`);
  if (from !== undefined) conditions.push(sql`${receivedAt} >= ${from}`);
  if (to !== undefined) conditions.push(sql`${receivedAt} < ${to}`);
  if (state !== undefined) conditions.push(...stateConditions(driver, state));
  if (reason !== undefined) conditions.push(lastAttemptEndedFor(reason, state));
  return conditions;
}

function originConditions(driver: Driver, { paymentId, orderReference, provider }: EventFilter): RawBuilder<unknown>[] {
  const conditions: RawBuilder<unknown>[] = [];
  if (paymentId !== undefined && driver !== 'payment_key')
    conditions.push(sql`${ofEvent('payment_key')} = ${paymentId}`);
  // A payment of the Merchant API may have an id that is the reference of another order.
  if (orderReference !== undefined) conditions.push(sql`${ofEvent(ORDER_REFERENCE)} = ${orderReference}`);
  if (provider === undefined || driver === 'provider') return conditions;
  const isSelected = driver === 'events' || driver === 'type' || driver === 'callback' || driver === 'payment_key';
  const stored = isSelected ? sql`w.provider` : ofEvent('provider');
  conditions.push(provider === 'resurs-ecom' ? sql`${stored} is null` : sql`${stored} = ${provider}`);
  return conditions;
}

function stateConditions(driver: Driver, state: NonNullable<EventFilter['state']>): RawBuilder<unknown>[] {
  const unfinished =
    driver === 'unfinished' ? sql`w.state` : sql`(select o.state from outbox o where o.sequence = w.sequence)`;
  const finished =
    driver === 'deliveries' ? sql`w.state` : sql`(select v.state from deliveries v where v.sequence = w.sequence)`;
  switch (state) {
    case 'pending':
      return [sql`${unfinished} <> 'delivering'`];
    case 'delivering':
      return driver === 'delivering' ? [] : [sql`${unfinished} = 'delivering'`];
    case 'dead_letter':
      return driver === 'dead_letters' ? [] : [sql`${finished} = 'dead_letter'`];
    case 'delivered':
      return [sql`${finished} = 'delivered'`];
    case 'finished':
      return driver === 'deliveries' ? [] : [sql`${finished} is not null`];
  }
}

const STATUS = /^\d{3}$/;

/**
 * The last attempt of a finished delivery is stored with it if it is the only one. Those of an unfinished delivery are
 * all rows of their own.
 */
function lastAttemptEndedFor(reason: string, state: EventFilter['state']): RawBuilder<unknown> {
  const [column, value] = STATUS.test(reason)
    ? ['status', sql`${Number(reason)}::int`]
    : ['outcome', sql`${reason}::text`];
  const last = sql`(
        select ${sql.ref(`a.${column}`)} from attempts a where a.sequence = w.sequence order by a.number desc limit 1
      )`;
  const only = sql.ref(`v.first_${column}`);
  switch (state) {
    case 'pending':
    case 'delivering':
      return sql`${last} = ${value}`;
    case 'delivered':
    case 'dead_letter':
    case 'finished':
      return sql`(
      select case when v.first_outcome is not null then ${only} else ${last} end
      from deliveries v where v.sequence = w.sequence
    ) = ${value}`;
    case undefined:
      return sql`coalesce((
      select ${only} from deliveries v where v.sequence = w.sequence
    ), ${last}) = ${value}`;
  }
}

const ORDER_REFERENCE = sql`case when e.provider is null then e.payment_id else e.order_reference end`;

/** A column of the entry's event, or what is made of several. */
function ofEvent(column: string | RawBuilder<unknown>): RawBuilder<unknown> {
  const selected = typeof column === 'string' ? sql.ref(`e.${column}`) : column;
  return sql`(select ${selected} from events e where e.sequence = w.sequence)`;
}
