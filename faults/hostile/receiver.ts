/** A receiver under attack, with its own database and its endpoint. */
import pg from 'pg';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { POOL_LIMITS, type SharedDatabase } from '../database.ts';
import type { Cleanup } from '../lib/cleanup.ts';
import { ALLOWED_SOURCES, type Endpoint, type TargetSecrets } from './endpoint.ts';
import type { LeakScanner } from './leak-scan.ts';
import { MAPI_PATHS } from './mapi-endpoint.ts';
import type { MapiAccount } from './merchant-api.ts';
import { type Service, startService } from './service.ts';

export interface TargetReceiver {
  readonly endpoint: Endpoint;
  readonly service: Service;
  readonly env: Readonly<Record<string, string>>;
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
}

const POOL_SIZE = 4;

export interface TargetOptions {
  readonly name: string;
  readonly hasSources: boolean;
  readonly secrets: TargetSecrets;
}

/** What the receivers of a run share. */
export interface Shared {
  readonly cleanup: Cleanup;
  readonly database: SharedDatabase;
  readonly leakScanner: LeakScanner;
  readonly webhook: EnvOptions['webhook'];
  /** For a receiver without a token for callbacks of the Merchant API. */
  readonly mapiAccount: MapiAccount;
  readonly databasePassword: string;
}

/** Starts a receiver and registers its clean-up; resolves when it accepts callbacks. */
export async function startTarget(
  { name, hasSources, secrets }: TargetOptions,
  index: number,
  shared: Shared,
): Promise<TargetReceiver> {
  const { cleanup, database, leakScanner, webhook, mapiAccount, databasePassword } = shared;
  await database.query(`create database hostile_${index} template template0`);
  const url = new URL(database.connectionString);
  url.pathname = `/hostile_${index}`;
  await migrateToLatest(url.href);
  const pool = new pg.Pool({ connectionString: url.href, max: 2, application_name: 'faults', ...POOL_LIMITS });
  pool.on('error', () => undefined);
  cleanup.push(() => pool.end());
  // The embedded Postgres needs no password; the receiver gets one anyway, to check that it does not reveal it.
  url.password = databasePassword;
  const env = receiverEnv({ secrets, hasSources, webhook, mapiAccount, databaseUrl: url.href });
  const service = await startService({ name, env, leakScanner });
  cleanup.push(() => service.stop());
  const query = async <Row extends pg.QueryResultRow>(text: string) => (await pool.query<Row>(text)).rows;
  return { endpoint: { name, port: service.port, secrets, hasSources }, service, env, query };
}

interface EnvOptions {
  readonly secrets: TargetSecrets;
  readonly hasSources: boolean;
  readonly webhook: { readonly url: string; readonly secret: string };
  readonly mapiAccount: MapiAccount;
  readonly databaseUrl: string;
}

function receiverEnv({ secrets, hasSources, mapiAccount, ...urls }: EnvOptions): Record<string, string> {
  const account = secrets.callbackToken === null ? mapiAccount : null;
  const settings: Record<string, string | null | undefined> = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    TMPDIR: process.env.TMPDIR,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: urls.databaseUrl,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    CALLBACK_PATHS: '/callbacks/resurs,/wc-api/ResursDefault',
    DIGEST_SALT: secrets.salt,
    DIGEST_SALT_PREVIOUS: secrets.previousSalt,
    DIGEST_KEY: secrets.key,
    DIGEST_ALGORITHM: 'sha1,md5',
    MAPI_CALLBACK_PATHS: MAPI_PATHS.join(','),
    MAPI_CALLBACK_TOKEN: secrets.callbackToken,
    MAPI_CALLBACK_TOKEN_PREVIOUS: secrets.previousCallbackToken,
    MAPI_URL: account?.url,
    MAPI_CLIENT_ID: account?.clientId,
    MAPI_CLIENT_SECRET: account?.clientSecret,
    BASIC_AUTH_USERNAME: secrets.username,
    BASIC_AUTH_PASSWORD: secrets.password,
    TRUST_PROXY: hasSources ? '127.0.0.1,10.0.0.0/8' : null,
    ALLOWED_SOURCES: hasSources ? ALLOWED_SOURCES : null,
    STATUS_TOKEN: secrets.token,
    WEBHOOK_URL: urls.webhook.url,
    WEBHOOK_SECRET: urls.webhook.secret,
  };
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
