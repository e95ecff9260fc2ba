/** The rules of the warnings: nothing is lost yet, and an operator should look. Pure. */
import { MAX_MISSED } from './observations.ts';
import {
  ageMs,
  DAY_MS,
  type Given,
  hasFailed,
  isHttps,
  MINUTE_MS,
  problemOf,
  type Rule,
  reasonOf,
  textOf,
  timeOf,
} from './rule.ts';

const DELIVERY_DELAYED_MS = 30 * MINUTE_MS;

export const WARNING_RULES = {
  delivery_delayed({ seen: { oldestDueAt }, settings, now }: Given) {
    if (settings.WEBHOOK_URL === null || oldestDueAt === null) return null;
    if (ageMs(oldestDueAt, now) < DELIVERY_DELAYED_MS) return null;
    return [
      `An event has been due since ${timeOf(oldestDueAt)}, and was not sent to the shop.`,
      "Check that the shop's system answers, and quickly; if it does, look into the log of the receiver.",
    ];
  },
  heartbeat_failed({ seen, settings }: Given) {
    const failed = seen.jobs.get('heartbeat');
    if (settings.HEARTBEAT_INTERVAL === null || !hasFailed(failed)) return null;
    return [
      `A test callback that Resurs was asked for did not arrive, ${failed.failedInRow} times in a row.${reasonOf(failed)} Real callbacks may be missing as well.`,
      'Run receiver trigger-test and receiver doctor: they say where the way from Resurs ends.',
    ];
  },
  missed_callbacks({ seen: { missed }, now }: Given) {
    if (missed.count === 0 || missed.lastAt === null || ageMs(missed.lastAt, now) >= DAY_MS) return null;
    const count = missed.count >= MAX_MISSED ? `at least ${MAX_MISSED}` : missed.count;
    return [
      `Some callbacks never came. Payments with a missed callback that were found in the last 24 hours: ${count}. The shop got an event for each of them.`,
      'The shop has nothing to catch up on. Find out why the callbacks did not come, or were refused: run receiver doctor.',
    ];
  },
  registration_drift({ seen, settings }: Given) {
    const problem = problemOf(seen.jobs.get('registration_check'));
    if (settings.RESURS_USERNAME === null || settings.PUBLIC_URL === null || problem === null) return null;
    return [
      `What is registered at Resurs differs from the settings: ${problem}`,
      'Find out who has registered, another shop or a plugin; then run receiver registrations and receiver register.',
    ];
  },
  certificate_expiring({ seen, settings }: Given) {
    const job = seen.jobs.get('certificate_check');
    const problem = problemOf(job);
    if (!isHttps(settings.PUBLIC_URL) || problem === null) return null;
    const fix = textOf(job, 'fix') ?? 'Renew the certificate.';
    return [`Resurs calls only where the certificate is valid. ${problem}`, fix];
  },
} as const satisfies Readonly<Record<string, Rule>>;
