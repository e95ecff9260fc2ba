/**
 * Makes the settings of a receiver under test. The machine's environment adds only the names that a program needs to
 * run at all: a setting of the receiver in it must not reach this one.
 */
import { randomBytes } from 'node:crypto';
import { baseEnvironment } from '../test/harness/receiver-process.ts';

/** WEBHOOK_TIMEOUT_MS of a run: short, so that a silent merchant is timed out often. */
export const WEBHOOK_TIMEOUT_MS = 1_000;
/** Contract 6: a claim expires 5 s after the timeout. */
export const LEASE_MS = WEBHOOK_TIMEOUT_MS + 5_000;

/** The path of a run that takes callbacks of the Merchant API. */
export const MAPI_PATH = '/callbacks/mapi';

export interface ReceiverSettings {
  readonly databaseUrl: string;
  readonly salt: string;
  /** MAPI_CALLBACK_TOKEN; null: callbacks of the Merchant API are not accepted. */
  readonly mapiToken: string | null;
  readonly webhook: { readonly url: string; readonly secret: string };
  /** One second apart; enough that no delivery becomes a dead letter. */
  readonly retries: number;
}

/** Returns the environment of a receiver that delivers to `webhook`, with a status token of its own. */
export function receiverEnv({
  databaseUrl,
  salt,
  mapiToken,
  webhook,
  retries,
}: ReceiverSettings): Record<string, string> {
  return {
    ...baseEnvironment(),
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    DIGEST_SALT: salt,
    ...(mapiToken === null ? {} : { MAPI_CALLBACK_PATHS: MAPI_PATH, MAPI_CALLBACK_TOKEN: mapiToken }),
    STATUS_TOKEN: randomBytes(24).toString('base64url'),
    WEBHOOK_URL: webhook.url,
    WEBHOOK_SECRET: webhook.secret,
    WEBHOOK_TIMEOUT_MS: String(WEBHOOK_TIMEOUT_MS),
    WEBHOOK_RETRY_SCHEDULE: Array.from({ length: retries }, () => '1s').join(','),
    MAX_EVENTS_PER_PAYMENT: '0',
    LOG_LEVEL: 'info',
  };
}
