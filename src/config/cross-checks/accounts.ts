/** Rules about what needs an account at Resurs. */
import type { ParsedSettings } from '../parsed-settings.ts';
import type { SettingError } from '../setting-error.ts';

/** Reading payments needs one of the two accounts. */
export function snapshotWithoutAccount({ given, values }: ParsedSettings): SettingError[] {
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
export function askingWithoutAccount({ given }: ParsedSettings): SettingError[] {
  if (given.has('RESURS_USERNAME') || given.has('MAPI_CLIENT_ID')) return [];
  return (['RECONCILE_INTERVAL', 'HEARTBEAT_INTERVAL'] as const)
    .filter((name) => given.has(name))
    .map((setting) => ({
      setting,
      problem: 'is set without an account at Resurs, so nothing can be asked',
      fix: `set RESURS_USERNAME and RESURS_PASSWORD, or MAPI_CLIENT_ID and MAPI_CLIENT_SECRET, or unset ${setting}`,
    }));
}
