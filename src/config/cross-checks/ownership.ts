/** Rules about which orders are the shop's: what each kind of ORDER_OWNERSHIP needs, and when a lookup is safe. */
import { hasAuthentication, type ParsedSettings } from '../parsed-settings.ts';
import type { SettingError } from '../setting-error.ts';
import { isMapiUnconfirmed } from './authentication.ts';

/** The setting that one kind of ownership needs and no other one uses, with an example for it. */
const OWNERSHIP_NEEDS = [
  ['pattern', 'ORDER_PATTERN', 'a regular expression that matches every paymentId of this shop'],
  ['lookup', 'ORDER_LOOKUP_URL', 'the URL that looks up an order of this shop, with {paymentId} in it'],
] as const;

/** Returns an error where the setting of the chosen ownership is missing, and where that of another one is set. */
export function ownershipErrors({ given, values }: ParsedSettings): SettingError[] {
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
export function unauthenticatedLookup(parsed: ParsedSettings): SettingError[] {
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
