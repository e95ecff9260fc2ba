/**
 * The parameters behind the `?` of a Postgres URL: those of libpq that have an effect here, those that are accepted
 * without one, and no others. A parameter that is ignored without a word would be a promise that is not kept.
 */
import { invalid, ok, type ParseResult, type Refused } from './basic.ts';

/** How the connection is encrypted. Paths of files are read when a connection opens, so renewed ones are used. */
export interface DatabaseTls {
  /** `full`: trusted and of that name; `ca`: trusted; `none`: encrypted only. */
  readonly verify: 'full' | 'ca' | 'none';
  /** Null: the authorities that Node trusts. */
  readonly rootCert: string | null;
  readonly cert: string | null;
  readonly key: string | null;
  readonly keyPassword: string | null;
  readonly isDirect: boolean;
  readonly minVersion: TlsVersion | null;
  readonly maxVersion: TlsVersion | null;
}

export interface ConnectionParameters {
  /** Null when the query names none. */
  readonly hosts: readonly string[] | null;
  readonly ports: readonly string[] | null;
  readonly user: string | null;
  readonly password: string | null;
  readonly database: string | null;
  readonly applicationName: string | null;
  /** Command-line options for the server, as given. */
  readonly options: string | null;
  readonly tls: DatabaseTls | null;
  readonly channelBinding: 'disable' | 'prefer' | 'require';
  /** Names of parameters that were given and have no effect. */
  readonly withoutEffect: readonly string[];
}

const TLS_VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

const ANY = null;

/** The allowed values of each parameter with an effect. */
const PARAMETERS: Readonly<Record<string, readonly string[] | null>> = {
  host: ANY,
  port: ANY,
  dbname: ANY,
  user: ANY,
  password: ANY,
  application_name: ANY,
  options: ANY,
  // Every server that takes no commit is passed over: these two ask for no more.
  target_session_attrs: ['read-write', 'primary', 'any'],
  sslmode: ['disable', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'],
  ssl: ['true', '1', '0', 'no-verify'],
  sslnegotiation: ['postgres', 'direct'],
  sslrootcert: ANY,
  sslcert: ANY,
  sslkey: ANY,
  sslpassword: ANY,
  ssl_min_protocol_version: TLS_VERSIONS,
  ssl_max_protocol_version: TLS_VERSIONS,
  channel_binding: ['disable', 'prefer', 'require'],
  uselibpqcompat: ['true', 'false'],
};

/** Accepted, because other programs need them in the same URL; the receiver decides these by itself. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly string[] | null>> = {
  connect_timeout: ANY,
  statement_timeout: ANY,
  lock_timeout: ANY,
  idle_in_transaction_session_timeout: ANY,
  query_timeout: ANY,
  client_encoding: ANY,
  fallback_application_name: ANY,
  keepalives: ANY,
  keepalives_idle: ANY,
  keepalives_interval: ANY,
  keepalives_count: ANY,
  tcp_user_timeout: ANY,
  load_balance_hosts: ANY,
  sslcompression: ANY,
  gssencmode: ['disable', 'prefer'],
};

const FIXES: Readonly<Record<string, string>> = {
  target_session_attrs:
    'set target_session_attrs=read-write, or remove it: the receiver writes, so standbys are passed over',
  ssl: 'remove ssl and set sslmode=disable to connect without TLS, or sslmode=verify-full',
  schema: 'remove it; options=-c%20search_path%3DNAME chooses a schema',
};

/** Decodes percent-escapes; a percent sign that starts none is itself. Null if an escape is not UTF-8. */
export function decode(text: string): string | null {
  try {
    return text.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => decodeURIComponent(escapes));
  } catch {
    return null;
  }
}

interface Userinfo {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Parses the query. Parameters win over the parts of the URL before it, as in libpq. */
export function parseParameters(query: string, before: Userinfo): ParseResult<ConnectionParameters> {
  const given = new Map(new URLSearchParams(query));
  const refused = findUnknown(given, query.includes('@'));
  if (refused !== null) return refused;
  const tls = parseTls(given);
  if (tls.outcome === 'refused') return tls;

  const text = (name: string, fallback = '') => given.get(name) || fallback || null;
  const list = (name: string) =>
    text(name)
      ?.split(',')
      .map((entry) => entry.trim()) ?? null;
  return ok({
    hosts: list('host'),
    ports: list('port'),
    user: text('user', before.user),
    password: text('password', before.password),
    database: text('dbname', before.database),
    applicationName: text('application_name'),
    options: text('options'),
    tls: tls.value,
    channelBinding: (text('channel_binding') ?? 'disable') as ConnectionParameters['channelBinding'],
    withoutEffect: [...given.keys()].filter((name) => Object.hasOwn(WITHOUT_EFFECT, name)),
  });
}

function findUnknown(given: ReadonlyMap<string, string>, hasAt: boolean): Refused | null {
  for (const [name, value] of given) {
    const isKnown = Object.hasOwn(PARAMETERS, name) || Object.hasOwn(WITHOUT_EFFECT, name);
    // It may be part of a password that was cut by its own `?`, so it is not shown.
    if (!isKnown && (hasAt || !/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/.test(name))) {
      return invalid('has a character that must be percent-encoded');
    }
    if (!isKnown) return invalid(`has the unknown parameter ${name}`, FIXES[name] ?? `remove ${name} from the URL`);
    const allowed = PARAMETERS[name] ?? WITHOUT_EFFECT[name] ?? ANY;
    if (allowed !== ANY && !allowed.includes(value)) {
      return invalid(
        `has a value of ${name} that does not fit`,
        FIXES[name] ?? `set ${name} to one of ${allowed.join(', ')}`,
      );
    }
  }
  return null;
}

function parseTls(given: ReadonlyMap<string, string>): ParseResult<DatabaseTls | null> {
  const verify = verifyModeOf(given);
  if (verify.outcome === 'refused') return verify;
  if (verify.value === null) {
    if (given.get('sslnegotiation') !== 'direct') return ok(null);
    return invalid('has sslnegotiation=direct without TLS', 'set sslmode=verify-full, or remove sslnegotiation');
  }
  const path = (name: string) => given.get(name) || null;
  const [cert, key, rootCert] = [path('sslcert'), path('sslkey'), path('sslrootcert')];
  if ((cert === null) !== (key === null)) {
    const missing = cert === null ? 'sslcert' : 'sslkey';
    return invalid(`has a client certificate without ${missing}`, `set ${missing} to the path of its PEM file as well`);
  }
  return ok({
    verify: verify.value,
    rootCert: rootCert === 'system' ? null : rootCert,
    cert,
    key,
    keyPassword: path('sslpassword'),
    isDirect: given.get('sslnegotiation') === 'direct',
    minVersion: (path('ssl_min_protocol_version') ?? null) as TlsVersion | null,
    maxVersion: (path('ssl_max_protocol_version') ?? null) as TlsVersion | null,
  });
}

/**
 * As `pg` decides: every mode but `no-verify` checks certificate and name, unless `uselibpqcompat` asks for libpq's
 * weaker meaning. Null: without TLS.
 */
function verifyModeOf(given: ReadonlyMap<string, string>): ParseResult<DatabaseTls['verify'] | null> {
  const [mode, ssl] = [given.get('sslmode'), given.get('ssl')];
  if (mode !== undefined && ssl !== undefined && !agree(mode, ssl)) {
    return invalid('has ssl and sslmode, which contradict each other', 'remove ssl');
  }
  if (mode === undefined && ssl === 'no-verify') return ok('none');
  if (mode === undefined && ssl === '0') return ok(null);
  const namesFiles = ['sslrootcert', 'sslcert', 'sslkey'].some((name) => given.get(name));
  const isImplied = ssl !== undefined || namesFiles || given.get('sslnegotiation') === 'direct';
  if (mode === undefined) return ok(isImplied ? 'full' : null);
  if (mode === 'disable') return ok(null);
  if (mode === 'no-verify') return ok('none');
  if (given.get('uselibpqcompat') !== 'true' || mode === 'verify-full') return ok('full');

  const hasRoot = Boolean(given.get('sslrootcert'));
  if (mode === 'verify-ca' && !hasRoot) {
    return invalid('has sslmode=verify-ca without sslrootcert', 'set sslrootcert, or sslmode=verify-full');
  }
  return ok(mode !== 'prefer' && hasRoot ? 'ca' : 'none');
}

function agree(mode: string, ssl: string): boolean {
  if (ssl === '0') return mode === 'disable';
  return ssl === 'no-verify' ? mode === 'no-verify' : mode !== 'disable';
}
