/** How the database keeps and receives what an event means for its order (order-state.ts). */
import { type RawBuilder, sql } from 'kysely';
import { type OrderState, type OrderView, type ReportedFact, type Transition, transitionsOf } from './order-state.ts';

/** The columns of an event, as queries name them; all null, or none. */
export interface OrderColumns {
  readonly orderState: OrderState | null;
  readonly orderCertain: boolean | null;
  /** Names of facts, separated by commas. */
  readonly earlierFacts: string | null;
}

/**
 * Selects the columns of a row of `events`. An event that an earlier version stored has none: what it means is then read
 * from the facts of its payment, and is not certain.
 */
export function orderColumns(event: RawBuilder<unknown>): RawBuilder<unknown> {
  const history = sql`case when ${event}.order_state is null and ${event}.payment_id is not null
             then order_from_history_v1(${event}.payment_key, ${event}.sequence) end`;
  return sql`coalesce(${event}.order_state, split_part(${history}, ':', 1)) as "orderState",
             coalesce(${event}.order_certain, false) as "orderCertain",
             coalesce(${event}.earlier_facts, split_part(${history}, ':', 2)) as "earlierFacts"`;
}

/** Reads the columns. */
export function orderOf({ orderState, orderCertain, earlierFacts }: OrderColumns): OrderView | null {
  if (orderState === null || earlierFacts === null) return null;
  const earlier = earlierFacts === '' ? [] : earlierFacts.split(',');
  return { state: orderState, certain: orderCertain === true, earlier };
}

/**
 * Formats the event's transitions as `store_events_v3` reads them; null when it has none. Each is `state:certain`, with
 * `certain` empty where it stays, in the order none, on_hold, may_ship, paid, cancelled.
 */
export function transitionList(event: ReportedFact): string | null {
  const transitions = transitionsOf(event);
  if (transitions === null) return null;
  const { none, on_hold, may_ship, paid, cancelled } = transitions;
  return [none, on_hold, may_ship, paid, cancelled].map(formatTransition).join(',');
}

function formatTransition({ state, certain }: Transition): string {
  return `${state}:${certain ?? ''}`;
}
