/** What an address says about which events are wanted, as the API's lists and replays take it. Pure. */

/** @typedef {Readonly<Record<string, string>>} Query */

const FIELDS = /** @type {const} */ ([
  'state',
  'type',
  'callback',
  'reason',
  'from',
  'to',
  'paymentId',
  'orderReference',
  'provider',
]);
/** A replay needs one of them; without, it would be one of everything. */
const NARROWING = /** @type {const} */ (['state', 'paymentId', 'orderReference', 'from']);
const LIMIT = 50;
const EXPORT_LIMIT = 200;

/** @typedef {{ [field in 'state' | 'type' | 'reason' | 'from' | 'to' | 'paymentId' | 'orderReference' | 'provider']?: string } & { ids?: readonly string[] }} ReplayFilter */

/** Returns the fields of a filter that are given; others are left out. @param {Query} query @returns {Query} */
export function filterOf(query) {
  return Object.fromEntries(FIELDS.flatMap((field) => (query[field] ? [[field, query[field]]] : [])));
}

/** @param {Query} query @param {{ isForExport?: boolean }} [options] */
export function eventsPath(query, { isForExport = false } = {}) {
  const limit = String(isForExport ? EXPORT_LIMIT : LIMIT);
  return `events?${new URLSearchParams({ limit, ...filterOf(query) })}`;
}

/**
 * Returns the filter of a replay of all that match, or why there can be none.
 * @param {Query} query
 * @returns {{ outcome: 'possible', filter: ReplayFilter } | { outcome: 'unfinished' | 'by_callback' | 'too_wide' }}
 */
export function replayFilterOf(query) {
  const { callback, ...filter } = filterOf(query);
  if (filter.state !== undefined && filter.state !== 'delivered' && filter.state !== 'dead_letter') {
    return { outcome: 'unfinished' };
  }
  if (callback !== undefined) return { outcome: 'by_callback' };
  if (NARROWING.every((field) => filter[field] === undefined)) return { outcome: 'too_wide' };
  return { outcome: 'possible', filter };
}

/** True if something else than the state is asked for. @param {Query} query */
export function hasFilter(query) {
  return Object.keys(filterOf(query)).some((field) => field !== 'state');
}
