/** The title of the browser's tab: the view, and whose it is. */
import { useEffect } from 'preact/hooks';
import { useTexts } from '../lib/page.js';

/** @type {Readonly<Record<import('../lib/router.js').ViewName, keyof import('../texts/en.js').Texts>>} */
const SECTIONS = {
  overview: 'overview',
  payments: 'payment',
  events: 'event',
  deliveries: 'deliveries',
  'dead-letters': 'deadLetters',
  replays: 'replays',
  actions: 'actions',
  'turned-away': 'turnedAway',
  simulated: 'simulated',
};

/** Other ids are not shown: a title cannot be cut, and some characters would reverse the text behind them. */
const PLAIN = /^[\p{L}\p{N} ._/-]{1,48}$/u;

/** @param {import('../lib/router.js').Route} route @param {string} service */
export function useTitle({ view, id }, service) {
  const texts = useTexts();
  const section = /** @type {{ heading: string }} */ (texts[SECTIONS[view]]);
  const title = [id !== null && PLAIN.test(id) ? id : '', section.heading, service || texts.title]
    .filter((part) => part !== '')
    .join(' · ');
  useEffect(() => {
    document.title = title;
  }, [title]);
  // After signing out the title names no payment.
  useEffect(() => {
    return () => {
      document.title = texts.title;
    };
  }, [texts]);
}
