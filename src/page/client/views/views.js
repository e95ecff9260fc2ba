/** The views by the first part of their address. */
import { Actions } from './actions/actions.js';
import { DeadLetters } from './dead-letters/dead-letters.js';
import { Deliveries } from './deliveries/deliveries.js';
import { EventView } from './event/event.js';
import { Overview } from './overview/overview.js';
import { PaymentView } from './payment/payment.js';
import { Replays } from './replays/replays.js';
import { Simulated } from './simulated/simulated.js';
import { TurnedAway } from './turned-away/turned-away.js';

/**
 * What every view gets: the rest of its address, and the answer of `GET /status`.
 * @typedef {object} ViewProps
 * @property {string | null} id
 * @property {Readonly<Record<string, string>>} query
 * @property {import('../lib/use-answer.js').Asked<import('../api/types.js').Status>} status
 */

/** @type {Readonly<Record<import('../lib/router.js').ViewName, (props: ViewProps) => import('preact').VNode | null>>} */
export const VIEWS = {
  overview: Overview,
  payments: PaymentView,
  events: EventView,
  deliveries: Deliveries,
  'dead-letters': DeadLetters,
  replays: Replays,
  actions: Actions,
  'turned-away': TurnedAway,
  simulated: Simulated,
};
