/**
 * Bounded scans of the stored events in the order of their sequence, for lists, counts and replays.
 *
 * One index drives a scan: that of the payment, of an unfinished or dead-letter state, of the type, of the callback, or
 * the sequence itself. One statement scans at most `window` of its entries, and checks the rest of the filter entry by
 * entry. So no statement costs more than its window, whatever the history, the backlog and the statistics are; a scan
 * that has not reached its end continues from its last entry.
 *
 * Two habits keep the planner to that: limits are literals, and a key is compared as a row with the sequence, because
 * only the index over both gives that order. With plain equality the planner may scan another index and discard nearly
 * all of it.
 */
import { type RawBuilder, sql } from 'kysely';

export interface EventFilter {
  readonly paymentId?: string;
  readonly type?: string;
  readonly callback?: string;
  /** Of the delivery; `finished` means delivered or dead_letter. */
  readonly state?: 'pending' | 'delivering' | 'delivered' | 'dead_letter' | 'finished';
  /** On the time of receipt; inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
}

export interface EventScan {
  readonly filter: EventFilter;
  readonly direction: 'asc' | 'desc';
  /** Only sequences beyond this one, in the scan's direction. */
  readonly after?: number | undefined;
  /** Entries of the driving index that one statement scans. From a short list: each value is a statement of its own. */
  readonly window: number;
}

/**
 * Sequence and time of receipt have the same order, except for events stored at the same moment and for clock steps. A
 * time span is therefore searched in a span of sequences that is this much wider on both sides.
 */
const SEQUENCE_SLACK = 10_000;
const MAX_SEQUENCE = '9223372036854775807';

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

type Driver =
  | 'payment_key'
  | 'type'
  | 'callback'
  | 'delivering'
  | 'unfinished'
  | 'dead_letters'
  | 'deliveries'
  | 'events';

function driverFor({ paymentId, type, callback, state }: EventFilter): Driver {
  if (paymentId !== undefined) return 'payment_key';
  if (state === 'delivering') return 'delivering';
  if (state === 'pending') return 'unfinished';
  if (state === 'dead_letter') return 'dead_letters';
  if (type !== undefined) return 'type';
  if (callback !== undefined) return 'callback';
  return state === undefined ? 'events' : 'deliveries';
}

function planFor(scan: EventScan): { source: RawBuilder<unknown>; residual: RawBuilder<unknown> } {
  const conditions = conditionsFor(scan);
  const residual = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  return { source: sourceFor(scan), residual };
}

/** Selects the next entries of the driving index. */
function sourceFor(scan: EventScan): RawBuilder<unknown> {
  const { filter, window } = scan;
  const [low, high] = boundsFor(scan);
  const limit = sql.lit(window);
  const bySequence = (table: string, columns: readonly string[] = []) => {
    const selected = sql.join(['sequence', ...columns].map((column) => sql.ref(`d.${column}`)));
    return sql`select ${selected} from ${sql.table(table)} d where d.sequence > ${low} and d.sequence < ${high}
      order by ${orderBy(scan, 'd')} limit ${limit}`;
  };
  const byKey = (column: 'payment_key' | 'type' | 'callback', value: string) => {
    const key = sql.ref(`d.${column}`);
    return sql`select ${key}, d.sequence from events d
      where (${key}, d.sequence) > (${value}::text, ${low}) and (${key}, d.sequence) < (${value}::text, ${high})
      order by ${orderBy(scan, 'd')} limit ${limit}`;
  };
  switch (driverFor(filter)) {
    case 'payment_key':
      return byKey('payment_key', filter.paymentId ?? '');
    case 'type':
      return byKey('type', filter.type ?? '');
    case 'callback':
      return byKey('callback', filter.callback ?? '');
    case 'delivering':
      // As many as requests in flight, so they are few; the window bounds them if many have expired.
      return sql`select u.sequence from (
        select o.sequence from outbox o where o.state = 'delivering' order by o.wake_at limit ${limit}
      ) u where u.sequence > ${low} and u.sequence < ${high} order by ${orderBy(scan, 'u')}`;
    case 'unfinished':
      return bySequence('outbox', ['state']);
    case 'dead_letters':
      return bySequence('dead_letters');
    case 'deliveries':
      return bySequence('deliveries', ['state']);
    case 'events':
      return bySequence('events', ['received_at']);
  }
}

function orderBy({ filter, direction }: Pick<EventScan, 'filter' | 'direction'>, table: string): RawBuilder<unknown> {
  const to = direction === 'asc' ? sql`asc` : sql`desc`;
  const sequence = sql`${sql.ref(`${table}.sequence`)} ${to}`;
  const driver = driverFor(filter);
  const isKeyed = driver === 'payment_key' || driver === 'type' || driver === 'callback';
  return isKeyed ? sql`${sql.ref(`${table}.${driver}`)} ${to}, ${sequence}` : sequence;
}

/** Exclusive on both sides. */
function boundsFor({ filter: { from, to }, direction, after }: EventScan): [RawBuilder<unknown>, RawBuilder<unknown>] {
  const lows = [after !== undefined && direction === 'asc' ? sql`${after}::bigint` : sql`0::bigint`];
  const highs = [
    after !== undefined && direction === 'desc' ? sql`${after}::bigint` : sql`${sql.lit(MAX_SEQUENCE)}::bigint`,
  ];
  const slack = sql`${sql.lit(SEQUENCE_SLACK)}`;
  if (from !== undefined) {
    lows.push(sql`coalesce((select f.sequence - ${slack} from events f
      where f.received_at >= ${from} order by f.received_at limit 1), ${sql.lit(MAX_SEQUENCE)}::bigint)`);
  }
  if (to !== undefined) {
    highs.push(sql`coalesce((select f.sequence + ${slack} from events f
      where f.received_at < ${to} order by f.received_at desc limit 1), 0)`);
  }
  return [sql`greatest(${sql.join(lows)})`, sql`least(${sql.join(highs)})`];
}

/**
 * The conditions that the driving index does not decide. Scalar selects: the planner cannot turn them into joins of
 * whole tables.
 */
function conditionsFor({ filter }: Pick<EventScan, 'filter'>): RawBuilder<unknown>[] {
  const driver = driverFor(filter);
  const { paymentId, type, callback, state, from, to } = filter;
  const conditions: RawBuilder<unknown>[] = [];
  const ofEvent = (column: string) => sql`(select e.${sql.ref(column)} from events e where e.sequence = w.sequence)`;
  const receivedAt = driver === 'events' ? sql`w.received_at` : ofEvent('received_at');
  if (paymentId !== undefined && driver !== 'payment_key')
    conditions.push(sql`${ofEvent('payment_key')} = ${paymentId}`);
  if (type !== undefined && driver !== 'type') conditions.push(sql`${ofEvent('type')} = ${type}`);
  if (callback !== undefined && driver !== 'callback') conditions.push(sql`${ofEvent('callback')} = ${callback}`);
  if (from !== undefined) conditions.push(sql`${receivedAt} >= ${from}`);
  if (to !== undefined) conditions.push(sql`${receivedAt} < ${to}`);
  if (state !== undefined) conditions.push(...stateConditions(driver, state));
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
