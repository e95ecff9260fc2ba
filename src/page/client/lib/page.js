/** What every part of the page may use: requests, refreshing, the reader's choices, and the texts of the language. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/**
 * @typedef {object} Page
 * @property {import('../api/requests.js').Api} api
 * @property {import('../api/refresher.js').Refresher} refresher
 * @property {import('./time.js').Language} language
 * @property {import('../texts/en.js').Texts} texts
 * @property {boolean} mayChange The token may change something.
 * @property {'test' | 'production'} environment
 * @property {(text: string) => void} announce Says something to those who listen to the page.
 */

const Context = createContext(/** @type {Page | null} */ (null));

export const PageProvider = Context.Provider;

/** @returns {Page} */
export function usePage() {
  const page = useContext(Context);
  if (page === null) throw new Error('usePage is called outside the page');
  return page;
}

/** Returns the texts of the reader's language. */
export function useTexts() {
  return usePage().texts;
}
