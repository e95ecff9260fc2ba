/** Words for an event. Pure. */
import { wordOf } from '../../lib/words.js';

/**
 * Returns what happened; a type of a later version as it is.
 * @param {Pick<import('../../api/types.js').Event, 'type' | 'missed'>} event
 * @param {import('../../texts/en.js').Texts} texts
 */
export function typeInWords({ type, missed }, texts) {
  if (missed !== undefined && missed.length > 0) {
    return texts.event.foundFacts(missed.map((fact) => wordOf(texts.payment.facts, fact)).join(', '));
  }
  return wordOf(texts.event.types, type);
}
