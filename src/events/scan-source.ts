/**
 * The next entries of the index that drives a scan (scan-driver.ts), in the order of their sequence.
 *
 * Two habits keep the planner to the index: limits are literals, and a key is compared as a row with the sequence,
 * because only the index over both gives that order. With plain equality the planner may scan another index and discard
 * nearly all of it.
 */
import { type RawBuilder, sql } from 'kysely';
import { driverFor, type EventScan, type KeyedDriver } from './scan-driver.ts';

/**
 * Sequence and time of receipt have the same order, except for events stored at the same moment and for clock steps. A
 * time span is therefore searched in a span of sequences that is this much wider on both sides.
 */
const SEQUENCE_SLACK = 10_000;
const MAX_SEQUENCE = '9223372036854775807';

/** Selects the next entries of the driving index. */
export function sourceFor(scan: EventScan): RawBuilder<unknown> {
  const { filter, window } = scan;
  const limit = sql.lit(window);
  switch (driverFor(filter)) {
    case 'ids':
      return byIds(scan);
    case 'payment_key':
      return byKey(scan, 'payment_key', filter.paymentId);
    case 'order':
      return byOrderReference(scan);
    case 'type':
      return byKey(scan, 'type', filter.type);
    case 'callback':
      return byKey(scan, 'callback', filter.callback);
    case 'provider':
      return byKey(scan, 'provider', filter.provider);
    case 'delivering': {
      const [low, high] = boundsFor(scan);
      // As many as requests in flight, so they are few; the window bounds them if many have expired.
      return sql`select u.sequence from (
        select o.sequence from outbox o where o.state = 'delivering' order by o.wake_at limit ${limit}
      ) u where u.sequence > ${low} and u.sequence < ${high} order by ${orderBy(scan, 'u')}`;
    }
    case 'unfinished':
      return bySequence(scan, 'outbox', ['state']);
    case 'dead_letters':
      return bySequence(scan, 'dead_letters');
    case 'deliveries':
      return bySequence(scan, 'deliveries', ['state']);
    case 'events':
      return bySequence(scan, 'events', ['received_at', 'provider']);
  }
}

/** The order of a scan, for its source and whatever is selected from it. */
export function orderBy({ filter, direction }: Pick<EventScan, 'filter' | 'direction'>, table: string) {
  const driver = driverFor(filter);
  switch (driver) {
    case 'payment_key':
    case 'type':
    case 'callback':
    case 'provider':
      return orderByKey(sql.ref(`${table}.${driver}`), direction, table);
    case 'order':
      return orderByKey(sql.ref(`${table}.reference`), direction, table);
    case 'ids':
    case 'delivering':
    case 'unfinished':
    case 'dead_letters':
    case 'deliveries':
    case 'events':
      return sql`${sql.ref(`${table}.sequence`)} ${directionOf(direction)}`;
  }
}

function orderByKey(key: RawBuilder<unknown>, direction: EventScan['direction'], table: string): RawBuilder<unknown> {
  return sql`${key} ${directionOf(direction)}, ${sql.ref(`${table}.sequence`)} ${directionOf(direction)}`;
}

function directionOf(direction: EventScan['direction']): RawBuilder<unknown> {
  return direction === 'asc' ? sql`asc` : sql`desc`;
}

function bySequence(scan: EventScan, table: string, columns: readonly string[] = []): RawBuilder<unknown> {
  const [low, high] = boundsFor(scan);
  const selected = sql.join(['sequence', ...columns].map((column) => sql.ref(`d.${column}`)));
  return sql`select ${selected} from ${sql.table(table)} d where d.sequence > ${low} and d.sequence < ${high}
      order by ${orderBy(scan, 'd')} limit ${sql.lit(scan.window)}`;
}

/** Each id is looked up by itself; what `offset 0` ends is not looked up again for each use of it. */
function byIds(scan: EventScan): RawBuilder<unknown> {
  const [low, high] = boundsFor(scan);
  return sql`select u.sequence from (
      select (select e.sequence from events e where e.id = i.id) as sequence
      from (select unnest(${[...(scan.filter.ids ?? [])]}::uuid[]) as id) i offset 0
    ) u where u.sequence > ${low} and u.sequence < ${high} order by ${orderBy(scan, 'u')} limit ${sql.lit(scan.window)}`;
}

function byKey(scan: EventScan, column: KeyedDriver, value = ''): RawBuilder<unknown> {
  const others = column === 'provider' ? [] : ['provider'];
  const selected = sql.join([column, 'sequence', ...others].map((name) => sql.ref(`d.${name}`)));
  return sql`select ${selected} from events d where ${isOfKey(scan, column, value)}
      order by ${orderBy(scan, 'd')} limit ${sql.lit(scan.window)}`;
}

/** The indexes over columns that are mostly null are of their other values alone. */
function isOfKey(scan: EventScan, column: KeyedDriver | 'order_reference', value: string): RawBuilder<unknown> {
  const [low, high] = boundsFor(scan);
  const key = sql.ref(`d.${column}`);
  const isPartial = column === 'provider' || column === 'order_reference';
  return sql`(${key}, d.sequence) > (${value}::text, ${low}) and (${key}, d.sequence) < (${value}::text, ${high})
      ${isPartial ? sql`and ${key} is not null` : sql``}`;
}

/** Merges two indexes. In both the key is the reference, so the order of the whole is that of the sequence. */
function byOrderReference(scan: EventScan): RawBuilder<unknown> {
  const { filter, direction, window } = scan;
  const limit = sql.lit(window);
  const entries = (column: 'payment_key' | 'order_reference') => {
    const key = sql.ref(`d.${column}`);
    return sql`(select ${key} as reference, d.sequence from events d
      where ${isOfKey(scan, column, filter.orderReference ?? '')}
      order by ${orderByKey(key, direction, 'd')} limit ${limit})`;
  };
  return sql`select u.reference, u.sequence from (
      ${entries('payment_key')} union all ${entries('order_reference')}
    ) u order by ${orderBy(scan, 'u')} limit ${limit}`;
}

/** Exclusive on both sides. */
function boundsFor({ filter, direction, after, upTo }: EventScan): [RawBuilder<unknown>, RawBuilder<unknown>] {
  const { from, to } = filter;
  const lows = [after !== undefined && direction === 'asc' ? sql`${after}::bigint` : sql`0::bigint`];
  const highs = [
    after !== undefined && direction === 'desc' ? sql`${after}::bigint` : sql`${sql.lit(MAX_SEQUENCE)}::bigint`,
  ];
  if (upTo !== undefined) highs.push(sql`${upTo + 1}::bigint`);
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
