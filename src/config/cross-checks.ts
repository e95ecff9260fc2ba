/**
 * Rules between settings: which need each other, and which exclude each other. They use what was given, so that an
 * incomplete change is found at start and not by the first callback. Each rule checks one thing and ignores a setting
 * that is invalid by itself: one mistake gives one error.
 */
import { heartbeatWithoutWay } from './heartbeat-check.ts';
import { hasAuthentication, type ParsedSettings } from './parsed-settings.ts';
import type { SettingError } from './setting-error.ts';
import { SETTING_NAMES, type SettingName } from './settings.ts';
import { alertFormatOf } from './types/alert-format.ts';

/** The first setting needs the second. A pair that needs each other is listed in both directions. */
const NEEDS: readonly (readonly [SettingName, SettingName])[] = [
  ['TLS_CERT_FILE', 'TLS_KEY_FILE'],
  ['TLS_KEY_FILE', 'TLS_CERT_FILE'],
  ['BASIC_AUTH_USERNAME', 'BASIC_AUTH_PASSWORD'],
  ['BASIC_AUTH_PASSWORD', 'BASIC_AUTH_USERNAME'],
  ['BASIC_AUTH_USERNAME_PREVIOUS', 'BASIC_AUTH_PASSWORD_PREVIOUS'],
  ['BASIC_AUTH_PASSWORD_PREVIOUS', 'BASIC_AUTH_USERNAME_PREVIOUS'],
  ['WEBHOOK_URL', 'WEBHOOK_SECRET'],
  ['WEBHOOK_CLIENT_CERT_FILE', 'WEBHOOK_CLIENT_KEY_FILE'],
  ['WEBHOOK_CLIENT_KEY_FILE', 'WEBHOOK_CLIENT_CERT_FILE'],
  ['RESURS_USERNAME', 'RESURS_PASSWORD'],
  ['RESURS_PASSWORD', 'RESURS_USERNAME'],
  ['MAPI_CLIENT_ID', 'MAPI_CLIENT_SECRET'],
  ['MAPI_CLIENT_SECRET', 'MAPI_CLIENT_ID'],
  ['STATUS_READ_TOKEN', 'STATUS_TOKEN'],
  ['STATUS_URL', 'STATUS_TOKEN'],
  ['ALERT_AUTHORIZATION', 'ALERT_URL'],
  ['MIGRATION_DATABASE_URL', 'DATABASE_URL'],
  ['DATABASE_DIRECT_URL', 'DATABASE_URL'],
];

/** Returns the errors of all rules; empty when the settings are consistent. */
export function crossCheck(parsed: ParsedSettings): SettingError[] {
  return [
    ...missingCompanions(parsed),
    ...previousWithoutCurrent(parsed),
    ...ownershipErrors(parsed),
    ...unauthenticatedLookup(parsed),
    ...sharedPort(parsed),
    ...retentionBelowDedupe(parsed),
    ...missingAuthentication(parsed),
    ...mockErrorsInProduction(parsed),
    ...unconfirmedMapi(parsed),
    ...snapshotWithoutAccount(parsed),
    ...askingWithoutAccount(parsed),
    ...heartbeatWithoutWay(parsed),
    ...pagerdutyWithoutKey(parsed),
    ...readTokenThatChanges(parsed),
  ];
}

function missingCompanions({ given }: ParsedSettings): SettingError[] {
  return NEEDS.filter(([name, needed]) => given.has(name) && !given.has(needed)).map(([name, needed]) => ({
    setting: name,
    problem: `is set without ${needed}`,
    fix: `set ${needed} as well, or unset ${name}`,
  }));
}

/** A previous value alone means a change that was made in the wrong order, or a current value that got lost. */
function previousWithoutCurrent({ given }: ParsedSettings): SettingError[] {
  return SETTING_NAMES.flatMap((current) => {
    const previous = SETTING_NAMES.find((name) => name === `${current}_PREVIOUS`);
    if (previous === undefined || !given.has(previous) || given.has(current)) return [];
    return [
      { setting: previous, problem: `is set without ${current}`, fix: `set ${current} as well, or unset ${previous}` },
    ];
  });
}

/** The setting that one kind of ownership needs and no other one uses, with an example for it. */
const OWNERSHIP_NEEDS = [
  ['pattern', 'ORDER_PATTERN', 'a regular expression that matches every paymentId of this shop'],
  ['lookup', 'ORDER_LOOKUP_URL', 'the URL that looks up an order of this shop, with {paymentId} in it'],
] as const;

function ownershipErrors({ given, values }: ParsedSettings): SettingError[] {
  const ownership = values.ORDER_OWNERSHIP;
  if (ownership === undefined) return [];

  return OWNERSHIP_NEEDS.flatMap(([kind, needed, example]) => {
    if (ownership === kind && !given.has(needed)) {
      return [
        {
          setting: 'ORDER_OWNERSHIP',
          problem: `is ${kind}, but ${needed} is not set`,
          fix: `set ${needed} to ${example}`,
        },
      ];
    }
    if (ownership !== kind && given.has(needed) && values[needed] !== undefined) {
      const fix = `set ORDER_OWNERSHIP=${kind}, or unset ${needed}`;
      return [{ setting: needed, problem: `has no effect without ORDER_OWNERSHIP=${kind}`, fix }];
    }
    return [];
  });
}

/** Without authentication, anyone could make the receiver send requests that carry the shop's token. */
function unauthenticatedLookup(parsed: ParsedSettings): SettingError[] {
  if (parsed.values.ORDER_OWNERSHIP !== 'lookup') return [];
  const problem = 'is lookup without authentication, which would let anyone trigger requests to ORDER_LOOKUP_URL';
  const fixes = [
    ...(hasAuthentication(parsed)
      ? []
      : ['set DIGEST_KEY, a DIGEST_SALT, or BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD']),
    ...(isMapiUnconfirmed(parsed) ? ['set MAPI_CALLBACK_TOKEN'] : []),
  ];
  return fixes.map((fix) => ({ setting: 'ORDER_OWNERSHIP', problem, fix }));
}

/** Port 0 selects any free port, so it never conflicts. */
function sharedPort({ values }: ParsedSettings): SettingError[] {
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

/** If an event were pruned inside the dedupe window, a repeated callback would create it again. */
function retentionBelowDedupe({ values }: ParsedSettings): SettingError[] {
  const { RETENTION_DAYS, DEDUPE_WINDOW_DAYS } = values;
  if (RETENTION_DAYS === undefined || DEDUPE_WINDOW_DAYS === undefined) return [];
  if (RETENTION_DAYS === 0 || RETENTION_DAYS >= DEDUPE_WINDOW_DAYS) return [];
  return [
    {
      setting: 'RETENTION_DAYS',
      problem: 'is below DEDUPE_WINDOW_DAYS',
      fix: 'set it to at least DEDUPE_WINDOW_DAYS, or to 0 to keep everything',
    },
  ];
}

/** A shop of the Merchant API alone has no digest. Its CALLBACK_PATHS is there all the same, and has to be closed. */
const CLOSE_CALLBACK_PATHS: SettingError = {
  setting: 'ALLOW_UNAUTHENTICATED',
  problem:
    'is false, but nothing authenticates the callbacks of eCom at CALLBACK_PATHS: no salt, no key and no Basic credentials are set, and the token of the Merchant API does not count there',
  fix: 'set DIGEST_KEY, also in a shop without eCom: a random one (openssl rand -hex 24) has every callback there refused; for a trial only, set ALLOW_UNAUTHENTICATED=true',
};

function missingAuthentication(parsed: ParsedSettings): SettingError[] {
  if (hasAuthentication(parsed) || parsed.values.ALLOW_UNAUTHENTICATED !== false) return [];
  if (parsed.given.has('MAPI_CALLBACK_PATHS')) return [CLOSE_CALLBACK_PATHS];
  return [
    {
      setting: 'ALLOW_UNAUTHENTICATED',
      problem: 'is false, but no authentication is configured: no salt, no key and no Basic credentials are set',
      fix: 'set DIGEST_KEY, a DIGEST_SALT, or BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD; for a trial only, set ALLOW_UNAUTHENTICATED=true',
    },
  ];
}

function mockErrorsInProduction({ values }: ParsedSettings): SettingError[] {
  if (values.MOCK_ERRORS !== true || values.RESURS_ENVIRONMENT !== 'production') return [];
  return [
    {
      setting: 'MOCK_ERRORS',
      problem: 'is true with RESURS_ENVIRONMENT=production, where it would refuse real callbacks',
      fix: 'unset MOCK_ERRORS',
    },
  ];
}

/** Neither a token nor an account proves that a callback of the Merchant API is genuine. */
function isMapiUnconfirmed({ given }: ParsedSettings): boolean {
  return given.has('MAPI_CALLBACK_PATHS') && !given.has('MAPI_CALLBACK_TOKEN') && !given.has('MAPI_CLIENT_ID');
}

function unconfirmedMapi(parsed: ParsedSettings): SettingError[] {
  if (!isMapiUnconfirmed(parsed) || parsed.values.ALLOW_UNAUTHENTICATED !== false) return [];
  return [
    {
      setting: 'MAPI_CALLBACK_PATHS',
      problem: 'is set, but nothing authenticates callbacks of the Merchant API: no token and no account are set',
      fix: 'set MAPI_CALLBACK_TOKEN, or MAPI_CLIENT_ID and MAPI_CLIENT_SECRET; for a trial only, set ALLOW_UNAUTHENTICATED=true',
    },
  ];
}

function snapshotWithoutAccount({ given, values }: ParsedSettings): SettingError[] {
  if (values.PAYMENT_SNAPSHOT !== 'on' || given.has('RESURS_USERNAME') || given.has('MAPI_CLIENT_ID')) return [];
  return [
    {
      setting: 'PAYMENT_SNAPSHOT',
      problem: 'is on, but no account at Resurs is set that could read a payment',
      fix: 'set RESURS_USERNAME and RESURS_PASSWORD, or MAPI_CLIENT_ID and MAPI_CLIENT_SECRET, or PAYMENT_SNAPSHOT=off',
    },
  ];
}

/** Reconciliation and heartbeat ask Resurs, with one of the two accounts. */
function askingWithoutAccount({ given }: ParsedSettings): SettingError[] {
  if (given.has('RESURS_USERNAME') || given.has('MAPI_CLIENT_ID')) return [];
  return (['RECONCILE_INTERVAL', 'HEARTBEAT_INTERVAL'] as const)
    .filter((name) => given.has(name))
    .map((setting) => ({
      setting,
      problem: 'is set without an account at Resurs, so nothing can be asked',
      fix: `set RESURS_USERNAME and RESURS_PASSWORD, or MAPI_CLIENT_ID and MAPI_CLIENT_SECRET, or unset ${setting}`,
    }));
}

/** PagerDuty takes its key in the body; without it every alert is refused. */
function pagerdutyWithoutKey({ given, values }: ParsedSettings): SettingError[] {
  const { ALERT_URL: url, ALERT_FORMAT: format } = values;
  if (typeof url !== 'string' || format === undefined || given.has('ALERT_AUTHORIZATION')) return [];
  if (alertFormatOf(format, url) !== 'pagerduty') return [];
  return [
    {
      setting: 'ALERT_URL',
      problem: 'leads to PagerDuty without a key',
      fix: 'set ALERT_AUTHORIZATION to the integration key of the service (Events API v2)',
    },
  ];
}

/** With the same value a reader could do everything. */
function readTokenThatChanges({ values }: ParsedSettings): SettingError[] {
  const { STATUS_READ_TOKEN: readToken } = values;
  if (typeof readToken !== 'string') return [];
  return (['STATUS_TOKEN', 'STATUS_TOKEN_PREVIOUS'] as const)
    .filter((name) => values[name] === readToken)
    .map((name) => ({
      setting: 'STATUS_READ_TOKEN',
      problem: `is the same as ${name}, so it would do more than read`,
      fix: 'set another random token, or unset it',
    }));
}
