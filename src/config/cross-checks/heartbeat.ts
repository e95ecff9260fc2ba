/** The rule that the heartbeat can work: a TEST that is never stored would raise an alarm for ever. */
import type { ParsedSettings } from '../parsed-settings.ts';
import type { SettingError } from '../setting-error.ts';
import type { SettingName } from '../settings.ts';

/** One of them makes a TEST of eCom storable. */
const PROVES_TESTS: readonly SettingName[] = ['DIGEST_KEY', 'DIGEST_SALT', 'DIGEST_SALT_TEST', 'BASIC_AUTH_USERNAME'];

/** Returns an error where there is an account, and none of the interfaces can be asked for a test that is stored. */
export function heartbeatWithoutWay({ given }: ParsedSettings): SettingError[] {
  const [hasEcom, hasMapi] = [given.has('RESURS_USERNAME'), given.has('MAPI_CLIENT_ID')];
  if (!given.has('HEARTBEAT_INTERVAL') || (!hasEcom && !hasMapi)) return [];
  if (hasEcom && storesTests(given)) return [];
  const missing = (['MAPI_CALLBACK_PATHS', 'PUBLIC_URL'] as const).filter((name) => !given.has(name));
  if (hasMapi && missing.length === 0) return [];
  const fixes = [
    ...(hasEcom ? ['set DIGEST_KEY, DIGEST_SALT_TEST or Basic credentials, so that a TEST is stored'] : []),
    ...(hasMapi ? [`set ${missing.join(' and ')}, so that the Merchant API can call this service`] : []),
  ];
  return [
    {
      setting: 'HEARTBEAT_INTERVAL',
      problem: 'is set, but no test callback could arrive with these settings',
      fix: `${fixes.join(', or ')}, or unset HEARTBEAT_INTERVAL`,
    },
  ];
}

/** Without any salt or key, no digest is asked for. */
function storesTests(given: ReadonlySet<SettingName>): boolean {
  return PROVES_TESTS.some((name) => given.has(name)) || ![...given].some((name) => /^DIGEST_(?:SALT|KEY)/.test(name));
}
