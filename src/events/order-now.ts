/** What a payment that was just read at Resurs means for its order. Pure. Resurs' word decides, whatever was reported. */
import type { PaymentState } from '../payments/payment.ts';
import type { OrderState, OrderView } from './order-state.ts';

/** Events alone never tell that an order is refunded as a whole. */
export type OrderStateNow = OrderState | 'refunded';

export const ORDER_STATES_NOW = [
  'on_hold',
  'may_ship',
  'paid',
  'refunded',
  'cancelled',
] as const satisfies OrderStateNow[];

export interface OrderNow extends Pick<OrderView, 'certain' | 'earlier'> {
  readonly state: OrderStateNow;
}

const STATES: Readonly<Record<PaymentState, OrderStateNow>> = {
  pending: 'on_hold',
  inspection: 'on_hold',
  frozen: 'on_hold',
  authorized: 'may_ship',
  // What is left may still be shipped and captured.
  partially_captured: 'may_ship',
  captured: 'paid',
  partially_refunded: 'paid',
  refunded: 'refunded',
  annulled: 'cancelled',
  rejected: 'cancelled',
  unknown: 'on_hold',
};

/** Returns the order's state; `earlier` are the facts that were reported. */
export function orderNow(state: PaymentState, earlier: readonly string[]): OrderNow {
  return { state: STATES[state], certain: state !== 'unknown', earlier };
}
