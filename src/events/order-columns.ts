/** How the database keeps and receives what an event means for its order (order-state.ts). */
import { type RawBuilder, sql } from 'kysely';
import {
  ORDER_STATES,
  type OrderState,
  type OrderView,
  type ReportedFact,
  type Transition,
  type Transitions,
  transitionsOf,
} from './order-state.ts';

/** The columns of an event, as queries name them; all null, or none. */
export interface OrderColumns {
  readonly orderState: OrderState | null;
  readonly orderCertain: boolean | null;
  /** Names of facts, separated by commas. */
  readonly earlierFacts: string | null;
}

/** The columns, and what replaces them where an earlier version stored the event: `state:facts`. */
export interface SelectedOrder extends OrderColumns {
  readonly orderHistory: string | null;
}

/**
 * Selects the columns of a row of `events`. An event that an earlier version stored has none: what it means is then read
 * from the facts of its payment, and is not certain.
 */
export function orderColumns(event: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`${event}.order_state as "orderState", ${event}.order_certain as "orderCertain",
             ${event}.earlier_facts as "earlierFacts",
             case when ${event}.order_state is null and ${event}.payment_id is not null
                  then order_from_history_v1(${event}.payment_key, ${event}.sequence) end as "orderHistory"`;
}

/** Reads what `orderColumns` selects. */
export function selectedOrder({ orderHistory, ...columns }: SelectedOrder): OrderView | null {
  if (orderHistory === null) return orderOf(columns);
  const [state, earlierFacts = ''] = orderHistory.split(':');
  const orderState = ORDER_STATES.find((known) => known === state) ?? null;
  return orderOf({ orderState, orderCertain: false, earlierFacts });
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
  const known = lists.get(transitions);
  if (known !== undefined) return known;
  const { none, on_hold, may_ship, paid, cancelled } = transitions;
  const list = [none, on_hold, may_ship, paid, cancelled].map(formatTransition).join(',');
  lists.set(transitions, list);
  return list;
}

/** The lists that were formatted: there are no more than kinds of facts. */
const lists = new Map<Transitions, string>();

function formatTransition({ state, certain }: Transition): string {
  return `${state}:${certain ?? ''}`;
}
