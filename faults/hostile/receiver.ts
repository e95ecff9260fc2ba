/** One receiver with a database of its own, and the door that leads into it. */
import pg from 'pg';
import { migrateToLatest } from '../../src/db/migrate.ts';
import { POOL_LIMITS, type SharedDatabase } from '../database.ts';
import type { CleanUps } from '../lib/cleanup.ts';
import { ALLOWED_SOURCES, type Door, type Keys } from './endpoint.ts';
import type { Sweep } from './leak-scan.ts';
import { type Service, startService } from './service.ts';

export interface House {
  readonly door: Door;
  readonly service: Service;
  readonly env: Readonly<Record<string, string>>;
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
}

const POOL_SIZE = 4;

export interface Plan {
  readonly name: string;
  readonly hasSources: boolean;
  readonly keys: Keys;
}

export interface Ground {
  readonly cleanUps: CleanUps;
  readonly database: SharedDatabase;
  readonly sweep: Sweep;
  readonly webhook: Settings['webhook'];
  readonly databasePassword: string;
}

/** Resolves when it takes callbacks. Everything it starts is put down as clean-up. */
export async function startHouse({ name, hasSources, keys }: Plan, index: number, ground: Ground): Promise<House> {
  const { cleanUps, database, sweep, webhook, databasePassword } = ground;
  await database.query(`create database hostile_${index} template template0`);
  const url = new URL(database.connectionString);
  url.pathname = `/hostile_${index}`;
  await migrateToLatest(url.href);
  const pool = new pg.Pool({ connectionString: url.href, max: 2, application_name: 'faults', ...POOL_LIMITS });
  pool.on('error', () => undefined);
  cleanUps.push(() => pool.end());
  // The embedded Postgres asks for no password; the receiver gets one all the same, to see that it keeps it.
  url.password = databasePassword;
  const env = environmentOf({ keys, hasSources, webhook, databaseUrl: url.href });
  const service = await startService({ name, env, sweep });
  cleanUps.push(() => service.stop());
  const query = async <Row extends pg.QueryResultRow>(text: string) => (await pool.query<Row>(text)).rows;
  return { door: { name, port: service.port, keys, hasSources }, service, env, query };
}

interface Settings {
  readonly keys: Keys;
  readonly hasSources: boolean;
  readonly webhook: { readonly url: string; readonly secret: string };
  readonly databaseUrl: string;
}

function environmentOf({ keys, hasSources, ...given }: Settings): Record<string, string> {
  const wished: Record<string, string | null | undefined> = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    TMPDIR: process.env.TMPDIR,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: given.databaseUrl,
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    CALLBACK_PATHS: '/callbacks/resurs,/wc-api/ResursDefault',
    DIGEST_SALT: keys.salt,
    DIGEST_SALT_PREVIOUS: keys.previousSalt,
    DIGEST_KEY: keys.key,
    DIGEST_ALGORITHM: 'sha1,md5',
    BASIC_AUTH_USERNAME: keys.username,
    BASIC_AUTH_PASSWORD: keys.password,
    TRUST_PROXY: hasSources ? '127.0.0.1,10.0.0.0/8' : null,
    ALLOWED_SOURCES: hasSources ? ALLOWED_SOURCES : null,
    STATUS_TOKEN: keys.token,
    WEBHOOK_URL: given.webhook.url,
    WEBHOOK_SECRET: given.webhook.secret,
  };
  return Object.fromEntries(
    Object.entries(wished).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
}
