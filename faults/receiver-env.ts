/**
 * The settings of a receiver under test. Only what a program needs to run at all comes from the machine: a setting that
 * somebody has in the environment must not reach it.
 */
import { randomBytes } from 'node:crypto';

/** What WEBHOOK_TIMEOUT_MS is in a run: short, so that silence is found out often. */
export const WEBHOOK_TIMEOUT_MS = 1_000;
/** Contract 6: a claim outlives the time-out by 5 s. */
export const LEASE_MS = WEBHOOK_TIMEOUT_MS + 5_000;

const MACHINE_NAMES = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'NODE_COMPILE_CACHE'];

export interface ReceiverSettings {
  readonly databaseUrl: string;
  readonly salt: string;
  readonly webhook: { readonly url: string; readonly secret: string };
  /** A second apart each; so many that a delivery is not given up. */
  readonly retries: number;
}

export function receiverEnv({ databaseUrl, salt, webhook, retries }: ReceiverSettings): Record<string, string> {
  return {
    ...machineEnvironment(),
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: databaseUrl,
    DIGEST_SALT: salt,
    STATUS_TOKEN: randomBytes(24).toString('base64url'),
    WEBHOOK_URL: webhook.url,
    WEBHOOK_SECRET: webhook.secret,
    WEBHOOK_TIMEOUT_MS: String(WEBHOOK_TIMEOUT_MS),
    WEBHOOK_RETRY_SCHEDULE: Array.from({ length: retries }, () => '1s').join(','),
    MAX_EVENTS_PER_PAYMENT: '0',
    LOG_LEVEL: 'info',
  };
}

export function machineEnvironment(): Record<string, string> {
  return Object.fromEntries(
    MACHINE_NAMES.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
