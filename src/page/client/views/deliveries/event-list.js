/** How events are listed, and exported. */
import { stateOf } from '../../parts/state.js';

/** @typedef {import('../../api/types.js').Event} Event */

/** @type {import('../../lib/paged-list.js').ListOf<import('../../api/types.js').Events, Event>} */
export const EVENT_LIST = {
  rows: ({ events }) => events,
  next: ({ next }) => next,
  key: ({ id }) => id,
  rank: ({ sequence }) => sequence,
};

/** The names are those of the API, so that a file means the same in every language. @type {import('../../lib/csv.js').Columns<Event>} */
export const EVENT_COLUMNS = [
  ['id', ({ id }) => id],
  ['receivedAt', ({ receivedAt }) => receivedAt],
  ['type', ({ type }) => type],
  ['callback', ({ callback }) => callback],
  ['paymentId', ({ paymentId }) => paymentId],
  ['orderReference', ({ orderReference }) => orderReference],
  ['result', ({ result }) => result],
  ['state', (event) => stateOf(event)],
  ['attempts', ({ delivery }) => delivery?.attemptCount],
  ['nextAttemptAt', ({ delivery }) => delivery?.nextAttemptAt],
  ['deliveredAt', ({ delivery }) => delivery?.deliveredAt],
  ['receipts', ({ receipts }) => receipts.count],
  ['summary', ({ summary }) => summary],
];

/** Only a finished delivery can be replayed. @param {Event} event */
export function isReplayable({ delivery }) {
  return delivery?.state === 'delivered' || delivery?.state === 'dead_letter';
}
