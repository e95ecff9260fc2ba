/**
 * Bounded walks over the stored events in the order of their sequence, for lists, counts and replays.
 *
 * One index drives a walk: the payment's, that of an unfinished or dead state, the type's, the callback's, or the sequence
 * itself. At most `window` of its entries are looked at in one statement, and what else the filter asks for is judged entry
 * by entry. So no statement costs more than its window, whatever the history, the backlog and the statistics are; a walk
 * that has not come to its end goes on from where it was.
 *
 * Two habits keep the planner to that: limits are literals, and a key is compared as a row with the sequence, since only
 * the index over both can give that order. With plain equality it may walk another index and throw nearly all of it away.
 */
import { type RawBuilder, sql } from 'kysely';

export interface EventFilter {
  readonly paymentId?: string;
  readonly type?: string;
  readonly callback?: string;
  /** Of the delivery; `finished` is delivered or dead_letter. */
  readonly state?: 'pending' | 'delivering' | 'delivered' | 'dead_letter' | 'finished';
  /** On the time of receipt; inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
}

export interface Walk {
  readonly filter: EventFilter;
  readonly direction: 'asc' | 'desc';
  /** Only sequences beyond this one, in the walk's direction. */
  readonly after?: number | undefined;
  /** Entries of the driving index that one statement looks at. From a short list: each value is a statement of its own. */
  readonly window: number;
}

/**
 * Sequence and time of receipt run together but for what was stored at the same moment and for steps of the clock. A span
 * of time is therefore looked for in a span of sequences that is this much wider on both sides.
 */
const SEQUENCE_SLACK = 10_000;
const MAX_SEQUENCE = '9223372036854775807';

/** A select for the `sequence` of the matching events among the next `window` entries, in the walk's order. */
export function matching(walk: Walk): RawBuilder<unknown> {
  const { source, residual } = planOf(walk);
  return sql`select w.sequence from (${source}) w ${residual} order by ${orderOf(walk, 'w')}`;
}

/** A select for the `sequence` of the last entry that the walk looks at; no row when it comes to its end before. */
export function lastLookedAt(walk: Walk): RawBuilder<unknown> {
  const { source } = planOf(walk);
  return sql`select w.sequence from (${source}) w offset ${sql.lit(walk.window - 1)}`;
}

/** True when every entry of the driving index matches, so that no window is needed beyond the page. */
export function isDrivenOnly({ filter }: Pick<Walk, 'filter'>): boolean {
  return conditionsOf({ filter }).length === 0;
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

function driverOf({ paymentId, type, callback, state }: EventFilter): Driver {
  if (paymentId !== undefined) return 'payment_key';
  if (state === 'delivering') return 'delivering';
  if (state === 'pending') return 'unfinished';
  if (state === 'dead_letter') return 'dead_letters';
  if (type !== undefined) return 'type';
  if (callback !== undefined) return 'callback';
  return state === undefined ? 'events' : 'deliveries';
}

function planOf(walk: Walk): { source: RawBuilder<unknown>; residual: RawBuilder<unknown> } {
  const conditions = conditionsOf(walk);
  const residual = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
  return { source: sourceOf(walk), residual };
}

/** The next entries of the driving index. */
function sourceOf(walk: Walk): RawBuilder<unknown> {
  const { filter, window } = walk;
  const [low, high] = boundsOf(walk);
  const limit = sql.lit(window);
  const bySequence = (table: string, columns: readonly string[] = []) => {
    const selected = sql.join(['sequence', ...columns].map((column) => sql.ref(`d.${column}`)));
    return sql`select ${selected} from ${sql.table(table)} d where d.sequence > ${low} and d.sequence < ${high}
      order by ${orderOf(walk, 'd')} limit ${limit}`;
  };
  const byKey = (column: 'payment_key' | 'type' | 'callback', value: string) => {
    const key = sql.ref(`d.${column}`);
    return sql`select ${key}, d.sequence from events d
      where (${key}, d.sequence) > (${value}::text, ${low}) and (${key}, d.sequence) < (${value}::text, ${high})
      order by ${orderOf(walk, 'd')} limit ${limit}`;
  };
  switch (driverOf(filter)) {
    case 'payment_key':
      return byKey('payment_key', filter.paymentId ?? '');
    case 'type':
      return byKey('type', filter.type ?? '');
    case 'callback':
      return byKey('callback', filter.callback ?? '');
    case 'delivering':
      // As many as requests in flight, so they are few; the window bounds them where many have expired.
      return sql`select u.sequence from (
        select o.sequence from outbox o where o.state = 'delivering' order by o.wake_at limit ${limit}
      ) u where u.sequence > ${low} and u.sequence < ${high} order by ${orderOf(walk, 'u')}`;
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

function orderOf({ filter, direction }: Pick<Walk, 'filter' | 'direction'>, table: string): RawBuilder<unknown> {
  const to = direction === 'asc' ? sql`asc` : sql`desc`;
  const sequence = sql`${sql.ref(`${table}.sequence`)} ${to}`;
  const driver = driverOf(filter);
  const isKeyed = driver === 'payment_key' || driver === 'type' || driver === 'callback';
  return isKeyed ? sql`${sql.ref(`${table}.${driver}`)} ${to}, ${sequence}` : sequence;
}

/** Exclusive on both sides. */
function boundsOf({ filter: { from, to }, direction, after }: Walk): [RawBuilder<unknown>, RawBuilder<unknown>] {
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

/** What the driving index does not decide. Scalar selects, which the planner cannot turn into joins of whole tables. */
function conditionsOf({ filter }: Pick<Walk, 'filter'>): RawBuilder<unknown>[] {
  const driver = driverOf(filter);
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
