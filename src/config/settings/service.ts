/**
 * Settings of the process itself: listening, database, status API, shutdown and logging. The limits only reject values
 * that cannot be intended; the defaults are sensible values.
 */
import { optional, requiredFile, secret, secretWithSample, withDefault } from '../setting.ts';
import { boolean, host, integer, oneOf, path } from '../types/basic.ts';
import { databaseUrl } from '../types/database-url.ts';
import { ipRanges } from '../types/lists.ts';
import { token } from '../types/secrets.ts';
import { statusUrl } from '../types/urls.ts';

const PORTS = { min: 0, max: 65_535 };

/** Where the service listens, and which proxies it trusts about the sender's address. */
export const LISTENING = {
  HOST: withDefault(host(), '0.0.0.0', 'Address to listen on.'),
  PORT: withDefault(
    integer(PORTS),
    '8080',
    'Port for callbacks, and for the status API unless STATUS_PORT is set. 0 selects any free port.',
  ),
  TLS_CERT_FILE: requiredFile(
    'Certificate chain (PEM), to serve HTTPS without a proxy, TLS 1.2 or newer. A renewed file is loaded without a restart.',
  ),
  TLS_KEY_FILE: requiredFile('Private key (PEM) of the certificate in TLS_CERT_FILE.'),
  TRUST_PROXY: withDefault(
    ipRanges(),
    '',
    'Reverse proxies whose X-Forwarded-For header is trusted; its addresses may carry ports or brackets. The PROXY protocol and the header Forwarded are not read. Empty: no proxy is trusted, and the peer is the sender.',
  ),
};

/** Where events are stored, and for how long. */
export const DATABASE = {
  DATABASE_URL: secret(
    databaseUrl(),
    'URL of a Postgres 14 or newer. With several servers (host1:5432,host2:5432), the one that takes commits is used. Unset: an embedded Postgres in DATA_DIR, for first steps, development and tests.',
  ),
  DATABASE_DIRECT_URL: secret(
    databaseUrl(),
    'The server itself, where DATABASE_URL leads to a pooler in transaction mode: for notifications between replicas, and for migrations without MIGRATION_DATABASE_URL. Unset: DATABASE_URL is used.',
  ),
  DATABASE_POOL_SIZE: withDefault(
    integer({ min: 1, max: 1000 }),
    '10',
    'Maximum number of database connections per process. Callbacks, deliveries and the status API have a share each.',
  ),
  MIGRATE_ON_START: withDefault(
    boolean(),
    'true',
    'Migrates the database schema at start. With false, serve names a missing migration and stops with exit code 78.',
  ),
  MIGRATION_DATABASE_URL: secret(
    databaseUrl(),
    'The same database with a role that may change the schema. Unset: DATABASE_DIRECT_URL is used, else DATABASE_URL.',
  ),
  RETENTION_DAYS: withDefault(
    integer({ min: 0, max: 36_500 }),
    '400',
    'Number of days after which a finished event, a registered order without events, or an ended replay of many is deleted. An event whose delivery is unfinished is kept. 0 keeps everything. Must not be below DEDUPE_WINDOW_DAYS.',
  ),
  DATA_DIR: withDefault(path(), './data', 'Folder of the embedded Postgres. Not used with DATABASE_URL.'),
};

/** The status API. */
export const STATUS = {
  STATUS_TOKEN: secretWithSample(
    token(),
    'sample-status-token-change-me',
    'Bearer token of the status API. Unset: the routes that need it do not exist.',
  ),
  STATUS_TOKEN_PREVIOUS: secret(token(), 'Previous token, still accepted while callers change to the new one.'),
  STATUS_READ_TOKEN: secret(
    token(),
    'A second bearer token of the status API, for GET alone: it reads everything and changes nothing.',
  ),
  STATUS_PAGE: withDefault(
    oneOf(['auto', 'true', 'false']),
    'auto',
    'Whether the page for people is served at /ui/ of the status API. auto: only where the status API has a port of its own (STATUS_PORT), or HOST is a loopback address. It needs STATUS_TOKEN.',
  ),
  STATUS_PORT: optional(
    integer(PORTS),
    'Separate port for the status API, metrics and /readyz. /healthz then responds on both ports.',
  ),
  STATUS_URL: optional(
    statusUrl(),
    'Where operators reach the status API with a browser, with the path of a proxy before it. Alerts then link to the page below it, /ui/.',
  ),
};

/** Shutdown and logging. */
export const PROCESS = {
  SHUTDOWN_TIMEOUT_MS: withDefault(
    integer({ min: 0, max: 600_000 }),
    '10000',
    'Time in milliseconds that work in flight has to finish after SIGTERM or SIGINT.',
  ),
  LOG_LEVEL: withDefault(
    oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
    'Lowest level that is logged. Log lines are JSON on standard output.',
  ),
};
