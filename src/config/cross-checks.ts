/**
 * Rules between settings: what only works together, and what excludes each other. They are judged on what was given, so
 * that a half-finished change is found at start and not by the first callback. Each rule looks at one thing and
 * stays quiet about a setting that is faulty by itself: one mistake gives one fault.
 */
import { hasAuthentication, type ParsedSettings } from './parsed-settings.ts';
import type { SettingError } from './setting-error.ts';
import { SETTING_NAMES, type SettingName } from './settings.ts';

/** The first makes no sense without the second. A pair stands here in both directions. */
const NEEDS: readonly (readonly [SettingName, SettingName])[] = [
  ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
  ['TLS_KEY_FILE', 'TLS_CERT_FILE'],
  ['BASIC_AUTH_USERNAME', 'BASIC_AUTH_PASSWORD'],
  ['BASIC_AUTH_PASSWORD', 'BASIC_AUTH_USERNAME'],
  ['BASIC_AUTH_USERNAME_PREVIOUS', 'BASIC_AUTH_PASSWORD_PREVIOUS'],
  ['BASIC_AUTH_PASSWORD_PREVIOUS', 'BASIC_AUTH_USERNAME_PREVIOUS'],
  ['WEBHOOK_URL', 'WEBHOOK_SECRET'],
  ['RESURS_USERNAME', 'RESURS_PASSWORD'],
  ['RESURS_PASSWORD', 'RESURS_USERNAME'],
  ['MIGRATION_DATABASE_URL', 'DATABASE_URL'],
];

/** Everything that contradicts something else; empty when all is well. */
export function crossCheck(draft: ParsedSettings): SettingError[] {
  return [
    ...missingCompanions(draft),
    ...findPreviousWithoutCurrent(draft),
    ...ownershipErrors(draft),
    ...unauthenticatedLookup(draft),
    ...findSharedPort(draft),
    ...retentionBelowDedupe(draft),
    ...missingAuthentication(draft),
  ];
}

function missingCompanions({ given }: ParsedSettings): SettingError[] {
  return NEEDS.filter(([name, needed]) => given.has(name) && !given.has(needed)).map(([name, needed]) => ({
    setting: name,
    problem: `is set without ${needed}`,
    fix: `set ${needed} as well, or unset ${name}`,
  }));
}

/** A previous value alone is a change that was begun from the wrong end, or a current value that got lost. */
function findPreviousWithoutCurrent({ given }: ParsedSettings): SettingError[] {
  return SETTING_NAMES.flatMap((current) => {
    const previous = SETTING_NAMES.find((name) => name === `${current}_PREVIOUS`);
    if (previous === undefined || !given.has(previous) || given.has(current)) return [];
    return [
      { setting: previous, problem: `is set without ${current}`, fix: `set ${current} as well, or unset ${previous}` },
    ];
  });
}

/** What one way of telling orders apart needs, and no other one uses. */
const OWNERSHIP_NEEDS = [
  ['pattern', 'ORDER_PATTERN', 'an expression that matches every paymentId of this shop'],
  ['lookup', 'ORDER_LOOKUP_URL', 'the URL that knows the orders of this shop, with {paymentId} in it'],
] as const;

function ownershipErrors({ given, values }: ParsedSettings): SettingError[] {
  const ownership = values.ORDER_OWNERSHIP;
  if (ownership === undefined) return [];

  return OWNERSHIP_NEEDS.flatMap(([way, needed, example]) => {
    if (ownership === way && !given.has(needed)) {
      return [
        {
          setting: 'ORDER_OWNERSHIP',
          problem: `is ${way}, but ${needed} is not set`,
          fix: `set ${needed} to ${example}`,
        },
      ];
    }
    if (ownership !== way && given.has(needed) && values[needed] !== undefined) {
      const fix = `set ORDER_OWNERSHIP=${way}, or unset ${needed}`;
      return [{ setting: needed, problem: `has no effect while ORDER_OWNERSHIP is not ${way}`, fix }];
    }
    return [];
  });
}

/** Anybody could make the receiver ask, with the shop's own token. */
function unauthenticatedLookup(draft: ParsedSettings): SettingError[] {
  if (draft.values.ORDER_OWNERSHIP !== 'lookup' || hasAuthentication(draft)) return [];
  return [
    {
      setting: 'ORDER_OWNERSHIP',
      problem: 'is lookup, but callbacks prove nothing, so strangers could drive requests to ORDER_LOOKUP_URL',
      fix: 'set DIGEST_KEY, salts or Basic credentials',
    },
  ];
}

/** Port 0 takes any free port and so never clashes. */
function findSharedPort({ values }: ParsedSettings): SettingError[] {
  const { PORT, STATUS_PORT } = values;
  if (STATUS_PORT === undefined || STATUS_PORT === null || STATUS_PORT === 0 || STATUS_PORT !== PORT) return [];
  return [
    {
      setting: 'STATUS_PORT',
      problem: 'is the same as PORT',
      fix: 'set another port, or unset STATUS_PORT to serve the status API on PORT',
    },
  ];
}

/** An event that is gone while its callback may still be repeated would come to life a second time. */
function retentionBelowDedupe({ values }: ParsedSettings): SettingError[] {
  const { RETENTION_DAYS, DEDUPE_WINDOW_DAYS } = values;
  if (RETENTION_DAYS === undefined || DEDUPE_WINDOW_DAYS === undefined) return [];
  if (RETENTION_DAYS === 0 || RETENTION_DAYS >= DEDUPE_WINDOW_DAYS) return [];
  return [
    {
      setting: 'RETENTION_DAYS',
      problem: 'is below DEDUPE_WINDOW_DAYS',
      fix: 'set it to at least DEDUPE_WINDOW_DAYS, or to 0 to keep all',
    },
  ];
}

function missingAuthentication(draft: ParsedSettings): SettingError[] {
  if (hasAuthentication(draft) || draft.values.ALLOW_UNAUTHENTICATED !== false) return [];
  return [
    {
      setting: 'ALLOW_UNAUTHENTICATED',
      problem:
        'is false while nothing proves that a callback is genuine: neither a salt, a key nor Basic credentials are set',
      fix: 'set DIGEST_KEY, a DIGEST_SALT, or BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD; only for a trial set ALLOW_UNAUTHENTICATED=true',
    },
  ];
}
