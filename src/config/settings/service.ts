/**
 * The part of the table about the process itself: where it listens, where it stores, how it is watched, how it stops and
 * logs. The limits only keep out what cannot be meant; sensible values are the defaults.
 */
import { optional, requiredFile, secret, secretWithSample, withDefault } from '../setting.ts';
import { boolean, choice, host, integer, path } from '../types/basic.ts';
import { ipRanges } from '../types/lists.ts';
import { token } from '../types/secrets.ts';
import { databaseUrl } from '../types/urls.ts';

const PORTS = { min: 0, max: 65_535 };

/** Where the service listens and whom it believes about the sender's address. */
export const LISTENING = {
  HOST: withDefault(host(), '0.0.0.0', 'Address to listen on.'),
  PORT: withDefault(
    integer(PORTS),
    '8080',
    'Port for callbacks, and for the status API unless STATUS_PORT is set. 0 takes any free one.',
  ),
  TLS_CERT_FILE: requiredFile(
    'Certificate chain (PEM), to serve HTTPS without a proxy, TLS 1.2 or newer. A renewed file is picked up without a restart.',
  ),
  TLS_KEY_FILE: requiredFile('Private key (PEM) of that certificate.'),
  TRUST_PROXY: withDefault(
    ipRanges(),
    '',
    'Reverse proxies whose X-Forwarded-For is believed. Empty: no proxy is believed and the peer is the sender.',
  ),
};

/** Where events are kept. */
export const DATABASE = {
  DATABASE_URL: secret(
    databaseUrl(),
    'Postgres 14 or newer. Unset: an embedded Postgres below DATA_DIR, for first steps, development and tests.',
  ),
  DATABASE_POOL_SIZE: withDefault(
    integer({ min: 1, max: 1000 }),
    '10',
    'Most database connections of this process; callbacks, deliveries and looking each have a share.',
  ),
  MIGRATE_ON_START: withDefault(
    boolean(),
    'true',
    'Bring the schema up to date at start. With false, serve stops with exit code 78 and names the migration that is missing.',
  ),
  MIGRATION_DATABASE_URL: secret(
    databaseUrl(),
    'The same database with a role that may change the schema. Unset: DATABASE_URL is used.',
  ),
  RETENTION_DAYS: withDefault(
    integer({ min: 0, max: 36_500 }),
    '400',
    'Days after which a finished event, or a registered order without events, is removed; an event that is still to be delivered stays. 0 keeps all. Not below DEDUPE_WINDOW_DAYS.',
  ),
  DATA_DIR: withDefault(path(), './data', 'Folder of the embedded Postgres; not used with DATABASE_URL.'),
};

/** How the service is watched. */
export const STATUS = {
  STATUS_TOKEN: secretWithSample(
    token(),
    'sample-status-token-change-me',
    'Bearer token of the status API. Unset: the routes that need it do not exist.',
  ),
  STATUS_TOKEN_PREVIOUS: secret(token(), 'The token before it, still accepted while callers change over.'),
  STATUS_PORT: optional(
    integer(PORTS),
    'A port of its own for the status API, metrics and /readyz. /healthz then answers on both ports.',
  ),
};

/** How the process runs and ends. */
export const PROCESS = {
  SHUTDOWN_TIMEOUT_MS: withDefault(
    integer({ min: 0, max: 600_000 }),
    '10000',
    'Milliseconds that work in flight gets to finish after SIGTERM or SIGINT.',
  ),
  LOG_LEVEL: withDefault(
    choice(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    'info',
    'Least important log line to write, as JSON on standard output.',
  ),
};
