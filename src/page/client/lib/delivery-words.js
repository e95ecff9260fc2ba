/**
 * How a delivery stands, in a line of the reader's language with times of the reader's zone. The list has no last attempt,
 * so how that ended is read from the service's own English line, which is shown where it says something else. Pure.
 */
import { number, shortTime } from './time.js';

/** Where the service's line names the last attempt, and what of it is shown. */
const LAST_ATTEMPTS = /** @type {const} */ ([
  [/^Shop responded with (\d{3}),/, 'refused'],
  [/^Shop could not be reached,/, 'unreachable'],
  [/^Shop did not respond in time,/, 'timedOut'],
  [/^Interrupted during delivery,/, 'abandoned'],
  [/^To be delivered to the shop/, 'notTried'],
]);
const OUTAGE = /; waits for the webhook to be up \(/;

/**
 * @param {import('../api/types.js').Event} event @param {number} now
 * @param {import('../texts/en.js').Texts} texts @param {import('./time.js').Language} language
 */
export function deliveryWords({ delivery, summary }, now, texts, language) {
  const words = texts.deliveries;
  const time = (/** @type {string} */ at) => shortTime(Date.parse(at), now, language);
  switch (delivery?.state) {
    case undefined:
      return texts.stateHints.none;
    case 'held':
      return texts.stateHints.held;
    case 'delivering':
      return texts.stateHints.delivering;
    case 'dead_letter':
      return words.gaveUp(delivery.attemptCount, number(delivery.attemptCount, language));
    case 'delivered':
      return delivery.deliveredAt === null ? texts.stateHints.delivered : words.deliveredAt(time(delivery.deliveredAt));
    case 'pending': {
      if (delivery.nextAttemptAt === null) return words.blocked;
      const last = lastAttempt(summary, words.last);
      if (last === null) return summary;
      const isDown = OUTAGE.test(summary);
      return [last, isDown ? words.down : words.nextTry(time(delivery.nextAttemptAt))]
        .filter((part) => part !== '')
        .join('; ');
    }
  }
}

/** @param {string} summary @param {import('../texts/en.js').Texts['deliveries']['last']} words @returns {string | null} */
function lastAttempt(summary, words) {
  for (const [pattern, name] of LAST_ATTEMPTS) {
    const found = pattern.exec(summary);
    if (found !== null) return words[name](found[1] ?? '');
  }
  return null;
}
