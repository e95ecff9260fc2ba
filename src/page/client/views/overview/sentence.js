/** A finding in words of the reader's language, and where one acts on it. Pure. */
import { addressOf } from '../../lib/router.js';
import { duration, number, relativeTime } from '../../lib/time.js';

/**
 * @typedef {import('../../lib/health.js').Finding} Finding
 * @typedef {import('../../lib/time.js').Language} Language
 * @typedef {{ readonly count: number, readonly text: string }} Said A number, and how it is written.
 */

/** @param {Finding} finding @param {{ texts: import('../../texts/en.js').Texts, language: Language, nowMs: number }} words */
export function sentenceOf(finding, { texts, language, nowMs }) {
  const { health } = texts.overview;
  const said = (/** @type {number} */ count) => ({ count, text: number(count, language) });
  const long = (/** @type {number | null} */ ms) =>
    ms === null ? null : duration(ms < 1_000 ? ms : Math.round(ms / 1_000) * 1_000, language);
  switch (finding.name) {
    case 'webhook_down':
      return health.webhookDown(
        long(finding.forMs),
        amount(finding.waiting, language),
        secondsUntil(finding.nextInMs, language),
      );
    case 'dead_letters':
      return health.deadLetters(amount(finding.amount, language));
    case 'webhook_unset':
      return health.webhookUnset(amount(finding.amount, language));
    case 'salt_changed':
      return health.saltChanged(finding.types.join(', '));
    case 'salt_older':
      return health.saltOlder(finding.types.join(', '));
    case 'digest_refusals':
      return health.digestRefusals(said(finding.count));
    case 'alert':
      return finding.message;
    case 'old_pending':
      return health.oldPending(
        long(finding.forMs) ?? '',
        amount(finding.waiting, language),
        secondsUntil(finding.nextInMs, language),
      );
    case 'reconciliation':
      return health.reconciliation(said(finding.failedInRow));
    case 'heartbeat':
      return health.heartbeat(said(finding.failedInRow));
    case 'doctor':
      return health.doctor(relativeTime(finding.atMs, nowMs, language), said(finding.failed), said(finding.warned));
    case 'no_callback':
      return health.noCallback;
    case 'all_well': {
      const last = finding.lastAtMs === null ? '–' : relativeTime(finding.lastAtMs, nowMs, language);
      return health.allWell(last, amount(finding.waiting, language), secondsUntil(finding.nextInMs, language));
    }
  }
}

/**
 * Where one acts: an address, or a card of the overview.
 * @param {Finding} finding @param {'test' | 'production'} environment
 */
export function placeOf({ name }, environment) {
  switch (name) {
    case 'webhook_down':
    case 'old_pending':
      return { to: /** @type {const} */ ('waiting'), address: addressOf('deliveries', null, { state: 'pending' }) };
    case 'webhook_unset':
      return { to: /** @type {const} */ ('held'), address: addressOf('deliveries', null, { state: 'held' }) };
    case 'dead_letters':
      return { to: /** @type {const} */ ('deadLetters'), address: addressOf('dead-letters') };
    case 'digest_refusals':
      return { to: /** @type {const} */ ('turnedAway'), address: addressOf('turned-away') };
    case 'no_callback':
      return environment === 'test'
        ? { to: /** @type {const} */ ('simulate'), address: addressOf('simulated') }
        : { to: /** @type {const} */ ('turnedAway'), address: addressOf('turned-away') };
    case 'salt_changed':
    case 'salt_older':
    case 'reconciliation':
    case 'heartbeat':
      return { to: /** @type {const} */ ('resurs'), card: 'overview-resurs' };
    case 'doctor':
      return { to: /** @type {const} */ ('service'), card: 'overview-service' };
    case 'alert':
      return { to: /** @type {const} */ ('alerts'), card: 'overview-alerts' };
    case 'all_well':
      return null;
  }
}

/** @param {import('../../lib/health.js').Amount} amount @param {Language} language @returns {Said} */
export function amount({ count, atLeast }, language) {
  return { count, text: `${number(count, language)}${atLeast ? '+' : ''}` };
}

/** Whole seconds, so that a countdown is calm. @param {number | null} ms @param {Language} language */
function secondsUntil(ms, language) {
  return ms === null || ms < 1_000 ? null : duration(Math.round(ms / 1_000) * 1_000, language);
}
