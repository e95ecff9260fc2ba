/**
 * Addresses of views. They stand behind the `#`, so that the service never sees them, a reload keeps the view, and an
 * address can be sent to a colleague. The token is in none of them.
 */
import { useEffect, useState } from 'preact/hooks';

/**
 * @typedef {'overview' | 'payments' | 'events' | 'deliveries' | 'dead-letters' | 'replays' | 'actions' | 'turned-away' | 'simulated'} ViewName
 * @typedef {{ readonly view: ViewName, readonly id: string | null, readonly query: Readonly<Record<string, string>> }} Route
 */

/** @type {readonly ViewName[]} */
const VIEWS = [
  'overview',
  'payments',
  'events',
  'deliveries',
  'dead-letters',
  'replays',
  'actions',
  'turned-away',
  'simulated',
];

/**
 * Reads an address such as `#/payments/abc%2F1?order=newest`. An unknown one is the overview.
 * @param {string} hash @returns {Route}
 */
export function parseRoute(hash) {
  const [path = '', search = ''] = splitOnce(hash.replace(/^#\/?/, ''), '?');
  const [first = '', rest = ''] = splitOnce(path, '/');
  const view = VIEWS.find((name) => name === first) ?? 'overview';
  return { view, id: rest === '' ? null : decode(rest), query: Object.fromEntries(new URLSearchParams(search)) };
}

/**
 * Returns the address of a view. Empty values of the query are left out.
 * @param {ViewName} view
 * @param {string | null} [id]
 * @param {Readonly<Record<string, string | null | undefined>>} [query]
 */
export function addressOf(view, id = null, query = {}) {
  const given = Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []));
  const search = given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
  const path = view === 'overview' ? '' : view;
  return `#/${path}${id === null ? '' : `/${encodeURIComponent(id.toWellFormed())}`}${search}`;
}

/** Returns the current route, and follows it. */
export function useRoute() {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener('hashchange', follow);
    follow();
    return () => removeEventListener('hashchange', follow);
  }, []);
  return parseRoute(hash);
}

/**
 * Goes to an address. `replace`: the one before is not kept in the history, as for a filter that is being typed.
 * @param {string} address @param {{ replace?: boolean }} [options]
 */
export function goTo(address, { replace = false } = {}) {
  if (replace) {
    history.replaceState(null, '', address);
    dispatchEvent(new HashChangeEvent('hashchange'));
  } else location.hash = address;
}

/** @param {string} text @param {string} separator @returns {string[]} */
function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
