/** The rules of the critical alerts: callbacks or events may be lost, or soon will be. Pure. */
import { printable } from '../lib/printable.ts';
import { ageMs, DAY_MS, type Given, HOUR_MS, hasFailed, MINUTE_MS, type Rule, reasonOf, timeOf } from './rule.ts';

const WEBHOOK_DOWN_MS = 5 * MINUTE_MS;
const DEAD_LETTER_MS = HOUR_MS;
const PASSWORD_MS = 7 * DAY_MS;

export const CRITICAL_RULES = {
  webhook_down({ seen: { outage }, settings, now }: Given) {
    if (settings.WEBHOOK_URL === null || outage === null || ageMs(outage.since, now) < WEBHOOK_DOWN_MS) return null;
    const error = outage.error === null ? '' : ` The last error: ${printable(outage.error).replace(/\.$/, '')}.`;
    return [
      `Since ${timeOf(outage.since)} the shop's system has accepted no event.${error} Nothing is lost: events are kept, and sent when it answers again.`,
      "Check that the shop's system runs, and that WEBHOOK_URL leads to it.",
    ];
  },
  dead_letters({ seen: { deadLetterAt }, now }: Given) {
    if (deadLetterAt === null || ageMs(deadLetterAt, now) >= DEAD_LETTER_MS) return null;
    return [
      `The shop's system refused events, or was away for days. The last event was given up at ${timeOf(deadLetterAt)}. Such events are kept, and are sent again only by a replay.`,
      "Correct the cause in the shop's system, then send them again with: receiver replay --state dead_letter.",
    ];
  },
  silence({ seen: { lastCallbackAt, watchedSince }, settings: { SILENCE_HOURS: hours }, now }: Given) {
    const since = lastCallbackAt ?? watchedSince;
    if (hours === null || ageMs(since, now) < hours * HOUR_MS) return null;
    const last =
      lastCallbackAt === null
        ? `No callback is stored. The receiver has waited for one since ${timeOf(since)}.`
        : `The last callback came at ${timeOf(since)}.`;
    return [
      `${last} SILENCE_HOURS is ${hours}.`,
      'If the shop had orders in that time, run receiver doctor and receiver registrations: they say what is in the way.',
    ];
  },
  reconciliation_failed({ seen, settings, now }: Given) {
    const failed = seen.jobs.get('reconciliation');
    if (!hasFailed(failed)) return null;
    // Without an interval the command alone runs, and may never run again.
    const isForgotten = failed.finishedAt === null || ageMs(failed.finishedAt, now) >= DAY_MS;
    if (settings.RECONCILE_INTERVAL === null && isForgotten) return null;
    return [
      `Resurs could not be asked for missed callbacks, ${failed.failedInRow} times in a row.${reasonOf(failed)} Callbacks that come are taken as ever.`,
      'Check the account at Resurs in the settings, and that this machine reaches Resurs; then run receiver reconcile.',
    ];
  },
  password_expiring({ seen: { passwordExpiringAt }, now }: Given) {
    if (passwordExpiringAt === null || ageMs(passwordExpiringAt, now) >= PASSWORD_MS) return null;
    return [
      `On ${timeOf(passwordExpiringAt)} Resurs announced that the password of an account of this shop expires soon. Then nothing can be asked or registered at Resurs any more.`,
      'Change the password at Resurs, set the new one as RESURS_PASSWORD, and restart. This alert ends a week after the announcement.',
    ];
  },
} as const satisfies Readonly<Record<string, Rule>>;
