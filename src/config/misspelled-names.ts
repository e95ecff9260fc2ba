/**
 * Finds environment variables that look like a misspelled setting, such as WEBHOOK_SECERT, which would otherwise have
 * no effect. A variable is reported when it starts with a prefix of our settings or is at most two letters away from
 * the name of one. Variables of other programs must not cause a flood of warnings.
 */
import { distance } from 'fastest-levenshtein';
import type { Environment } from './environment.ts';
import { SETTING_NAMES, settingOf } from './settings.ts';

/** Prefixes that hardly any other program uses. */
const OUR_PREFIXES = [
  'WEBHOOK_',
  'DIGEST_',
  'BASIC_AUTH_',
  'ALLOWED_',
  'ALLOW_UNAUTH',
  'STATUS_',
  'ORDER_',
  'DATABASE_',
  'CALLBACK_',
  'TRUST_PROX',
  'MIGRATE_',
  'MIGRATION_',
  'TLS_',
  'DEDUPE_',
  'ACCEPT_REJECTED_',
  'FORWARD_TEST_',
  'SHUTDOWN_',
  'MAX_EVENTS_',
  'RESURS_',
  'MAPI_',
  'PAYMENT_SNAP',
  'ALERT_',
  'RECONCILE_',
  'HEARTBEAT_',
] as const;

/** Short names such as HOST are two letters away from half the dictionary. */
const MIN_LENGTH_TO_COMPARE = 8;
const MAX_TYPOS = 2;

const NO_MATCH = { name: '', distance: Number.POSITIVE_INFINITY };

/** Kubernetes sets these for every service; those of a service called `webhook` are not misspelled settings. */
const SERVICE_LINK = /_SERVICE_(?:HOST|PORT)(?:_|$)|_PORT_\d+_(?:TCP|UDP)|_PORT$/;

/** Of other programs, and too near to HTTP_PROXY and NO_PROXY to be told from a misspelled one. */
const PROXIES_OF_OTHERS = new Set(['FTP_PROXY', 'ALL_PROXY', 'SOCKS_PROXY', 'RSYNC_PROXY', 'WS_PROXY', 'WSS_PROXY']);

/** Returns one warning per suspicious variable, with the nearest setting name. An empty variable counts as unset. */
export function misspelledNames(env: Environment): string[] {
  const known = SETTING_NAMES.flatMap((name) => (settingOf(name).secret ? [name, `${name}_FILE`] : [name]));
  const lowerCase = SETTING_NAMES.filter((name) => settingOf(name).lowerCase).map((name) => name.toLowerCase());
  const isKnown = new Set<string>([...known, ...lowerCase]);

  return Object.keys(env)
    .filter((name) => env[name] !== undefined && env[name] !== '' && !isKnown.has(name) && !isOfOthers(name))
    .sort()
    .flatMap((name) => {
      const intended = intendedName(name.toUpperCase(), known);
      return intended === null ? [] : [`${name} is not a setting and has no effect; did you mean ${intended}?`];
    });
}

function isOfOthers(name: string): boolean {
  return SERVICE_LINK.test(name) || PROXIES_OF_OTHERS.has(name.toUpperCase());
}

/** Returns the setting name that was probably intended; null when the variable does not look like a setting. */
function intendedName(name: string, known: readonly string[]): string | null {
  if (OUR_PREFIXES.some((prefix) => name.startsWith(prefix))) {
    // MAPI_TOKEN is MAPI_CALLBACK_TOKEN with a word left out, although MAPI_SCOPE has fewer letters that differ.
    const longer = known.filter((candidate) => hasWordsOf(candidate, name));
    return findNearest(name, longer.length > 0 ? longer : known).name;
  }
  if (name.length < MIN_LENGTH_TO_COMPARE) return null;

  // A name of a very different length cannot be near enough. Without this filter, a large environment adds half a
  // second to the start.
  const similar = known.filter((candidate) => Math.abs(candidate.length - name.length) <= MAX_TYPOS);
  const nearest = findNearest(name, similar);
  return nearest.distance <= MAX_TYPOS ? nearest.name : null;
}

/** True if the setting's name has every word of the other name. */
function hasWordsOf(candidate: string, name: string): boolean {
  const words = new Set(candidate.split('_'));
  return name.split('_').every((word) => words.has(word));
}

function findNearest(name: string, known: readonly string[]): { name: string; distance: number } {
  const ranked = known.map((candidate) => ({ name: candidate, distance: distance(name, candidate) }));
  return ranked.reduce((best, next) => (next.distance < best.distance ? next : best), NO_MATCH);
}
