/**
 * Lists the secrets of the settings whose use is recorded: those that others present or verify, and that a rotation
 * changes. Each has a current setting and one for the previous value.
 */
import type { Config } from '../config/settings.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';
import type { SecretKind } from './fingerprint.ts';

/** The value of one setting. */
export interface ConfiguredSecret {
  /** The setting, `…_PREVIOUS` included. */
  readonly name: string;
  readonly kind: SecretKind;
  readonly secret: string;
}

/** A secret with its previous value, which is null outside a rotation. */
export interface SecretPair {
  readonly current: ConfiguredSecret;
  readonly previous: ConfiguredSecret | null;
}

/** Setting of a user name and password that are used as one secret. */
const BASIC = 'BASIC_AUTH_PASSWORD';

/** Returns the secrets that are set, in the order of the settings. */
export function configuredSecrets(config: Config): readonly SecretPair[] {
  const { BASIC_AUTH_USERNAME, BASIC_AUTH_PASSWORD, BASIC_AUTH_USERNAME_PREVIOUS, BASIC_AUTH_PASSWORD_PREVIOUS } =
    config;
  const basic = basicText(BASIC_AUTH_USERNAME, BASIC_AUTH_PASSWORD);
  const basicPrevious = basicText(BASIC_AUTH_USERNAME_PREVIOUS, BASIC_AUTH_PASSWORD_PREVIOUS);
  return [
    pairOf('DIGEST_KEY', 'digest_key', config.DIGEST_KEY, config.DIGEST_KEY_PREVIOUS),
    pairOf('DIGEST_SALT', 'digest_salt', config.DIGEST_SALT, config.DIGEST_SALT_PREVIOUS),
    ...CALLBACK_TYPES.map((type) =>
      pairOf(
        `DIGEST_SALT_${type}`,
        'digest_salt',
        config[`DIGEST_SALT_${type}`],
        config[`DIGEST_SALT_${type}_PREVIOUS`],
      ),
    ),
    pairOf(BASIC, 'basic', basic, basicPrevious),
    pairOf('MAPI_CALLBACK_TOKEN', 'mapi_token', config.MAPI_CALLBACK_TOKEN, config.MAPI_CALLBACK_TOKEN_PREVIOUS),
    pairOf('WEBHOOK_SECRET', 'webhook_secret', config.WEBHOOK_SECRET, config.WEBHOOK_SECRET_PREVIOUS),
    pairOf('STATUS_TOKEN', 'status_token', config.STATUS_TOKEN, config.STATUS_TOKEN_PREVIOUS),
    pairOf('STATUS_READ_TOKEN', 'status_token', config.STATUS_READ_TOKEN, null),
  ].flat();
}

/** Returns user name and password as one text; null when they are not set. A user name contains no colon. */
export function basicText(username: string | null, password: string | null): string | null {
  return username === null || password === null ? null : `${username}:${password}`;
}

/** Returns the setting of the previous value. */
export function previousName(name: string): string {
  return `${name}_PREVIOUS`;
}

function pairOf(name: string, kind: SecretKind, current: string | null, previous: string | null): SecretPair[] {
  if (current === null) return [];
  return [
    {
      current: { name, kind, secret: current },
      previous: previous === null ? null : { name: previousName(name), kind, secret: previous },
    },
  ];
}
