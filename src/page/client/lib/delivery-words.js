/** How a delivery stands, in a line with times of the reader's zone; else the service's own line, whose times are UTC. Pure. */
import { shortTime } from './time.js';

const NEXT_TRY = /; next try [\d: -]+$/;

/**
 * @param {import('../api/types.js').Event} event @param {number} now
 * @param {import('../texts/en.js').Texts} texts @param {import('./time.js').Language} language
 */
export function deliveryWords({ delivery, summary }, now, texts, language) {
  const time = (/** @type {string} */ at) => shortTime(Date.parse(at), now, language);
  if (delivery?.state === 'delivered' && delivery.deliveredAt !== null) {
    return texts.deliveries.deliveredAt(time(delivery.deliveredAt));
  }
  if (delivery?.state === 'pending' && delivery.nextAttemptAt !== null && NEXT_TRY.test(summary)) {
    return `${summary.replace(NEXT_TRY, '')}; ${texts.deliveries.nextTry(time(delivery.nextAttemptAt))}`;
  }
  return summary;
}
