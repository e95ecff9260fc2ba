/** How actions are listed, and exported. */

/** @typedef {import('../../api/types.js').Action} Action */

/** An action has no id; two with the same content at the same millisecond are one. @type {import('../../lib/paged-list.js').ListOf<{ actions: Action[], next: string | null }, Action>} */
export const ACTION_LIST = {
  rows: ({ actions }) => actions,
  next: ({ next }) => next,
  key: ({ at, action, by, detail }) => JSON.stringify([at, action, by, detail]),
  rank: ({ at }) => Date.parse(at),
};

/** @type {import('../../lib/csv.js').Columns<Action>} */
export const ACTION_COLUMNS = [
  ['at', ({ at }) => at],
  ['by', ({ by }) => by],
  ['action', ({ action }) => action],
  ['detail', ({ detail }) => detail],
];
