/**
 * The URL of a Postgres, as libpq reads it: several servers with a port each, sockets, parameters. `pg` itself reads no
 * list of servers, and passes on parameters that it does not know without a word; so the URL is read here, and every
 * doubtful part is refused by name.
 *
 * https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
 */
import { invalid, ok, type ParseResult, type Refused, type SettingType } from './basic.ts';
import { checkTlsFiles } from './database-tls-files.ts';
import { type ConnectionParameters, decode, parseParameters } from './database-url-parameters.ts';
import { MASK } from './urls.ts';

/** One server of the list: a name, an address, or the folder of a Unix socket. */
export interface DatabaseHost {
  readonly host: string;
  readonly port: number;
}

/** Where and how to connect. A part that the URL does not have is null. */
export interface DatabaseTarget extends Omit<ConnectionParameters, 'hosts' | 'ports'> {
  /** At least one, in the order of the URL. */
  readonly hosts: readonly DatabaseHost[];
}

const DEFAULT_HOST = 'localhost';
const DEFAULT_PORT = 5432;
const MUST_BE_ENCODED = 'has a character that must be percent-encoded';

/** A Postgres connection string. The setting keeps its text; `parseDatabaseUrl` gives its parts. */
export function databaseUrl(): SettingType<string> {
  return {
    expected: 'a URL such as postgres://user:password@host:5432/database, special characters percent-encoded',
    parse(text) {
      const parsed = parseDatabaseUrl(text);
      return parsed.outcome === 'parsed' ? ok(text.trim()) : parsed;
    },
    mask: maskDatabaseUrl,
    checkFiles(text, readFile) {
      const parsed = parseDatabaseUrl(text);
      return parsed.outcome === 'parsed' && parsed.value.tls !== null
        ? checkTlsFiles(parsed.value.tls, readFile)
        : null;
    },
  };
}

/** Parses the URL. A problem names parameters and never repeats a value. */
export function parseDatabaseUrl(given: string): ParseResult<DatabaseTarget> {
  const text = given.trim();
  const parts = splitUrl(text);
  if (parts === null) return invalid(URL.canParse(text) ? 'is not a postgres:// URL' : 'is not a URL');
  const authority = splitHosts(parts.hosts);
  if (authority === null) return invalid('is not a URL');
  // An unescaped `#`, `/` or `?` in a password would silently cut the URL short and make part of the password look like
  // a host, a path or a query.
  if (parts.fragment !== null || parts.path.includes('@')) return invalid(MUST_BE_ENCODED);

  const [user, password] = splitUserinfo(parts.userinfo ?? '');
  const database = decode(parts.path.slice(1));
  if (user === null || password === null || database === null) {
    return invalid('has a percent-escape that is not UTF-8', 'percent-encode it as UTF-8');
  }
  const parsed = parseParameters(parts.query ?? '', { user, password, database });
  if (parsed.outcome === 'refused') return parsed;
  const { hosts, ports, ...parameters } = parsed.value;
  const servers = joinHosts(hosts ?? authority.hosts, ports ?? authority.ports);
  return servers.outcome === 'refused' ? servers : ok({ ...parameters, hosts: servers.value });
}

/** Masks userinfo and query; a text that is no valid URL is masked as a whole. */
function maskDatabaseUrl(text: string): string {
  const parts = splitUrl(text.trim());
  if (parts === null || splitHosts(parts.hosts) === null || parts.path.includes('@')) return MASK;
  const userinfo = parts.userinfo === null || parts.userinfo === '' ? '' : `${MASK}@`;
  const query = parts.query === null || parts.query === '' ? '' : `?${MASK}`;
  const fragment = parts.fragment === null || parts.fragment === '' ? '' : `#${MASK}`;
  return `${parts.scheme}://${userinfo}${parts.hosts}${parts.path}${query}${fragment}`;
}

interface UrlParts {
  readonly scheme: string;
  readonly userinfo: string | null;
  readonly hosts: string;
  readonly path: string;
  readonly query: string | null;
  readonly fragment: string | null;
}

function splitUrl(text: string): UrlParts | null {
  const match =
    /^(?<scheme>postgres(?:ql)?):\/\/(?<authority>[^/?#]*)(?<path>[^?#]*)(?:\?(?<query>[^#]*))?(?:#(?<fragment>.*))?$/is.exec(
      text,
    );
  if (match?.groups === undefined) return null;
  const { scheme = '', authority = '', path = '', query = null, fragment = null } = match.groups;
  const at = authority.lastIndexOf('@');
  return {
    scheme: scheme.toLowerCase(),
    userinfo: at === -1 ? null : authority.slice(0, at),
    hosts: authority.slice(at + 1),
    path,
    query,
    fragment,
  };
}

function splitUserinfo(userinfo: string): readonly [string | null, string | null] {
  const colon = userinfo.indexOf(':');
  if (colon === -1) return [decode(userinfo), ''];
  return [decode(userinfo.slice(0, colon)), decode(userinfo.slice(colon + 1))];
}

interface HostList {
  readonly hosts: readonly string[];
  readonly ports: readonly string[];
}

/** Splits `h1:5432,[2001:db8::1],h3`; null if it cannot be one. No host at all gives two empty lists. */
function splitHosts(text: string): HostList | null {
  if (text === '') return { hosts: [], ports: [] };
  const hosts: string[] = [];
  const ports: string[] = [];
  for (const entry of text.split(',')) {
    const match = /^(?:\[([0-9a-f:.%]+)\]|([^:[\]\s]*))(?::(\d*))?$/iu.exec(entry);
    const host = decode(match?.[1] ?? match?.[2] ?? '');
    if (match === null || host === null) return null;
    hosts.push(host);
    ports.push(match[3] ?? '');
  }
  return { hosts, ports };
}

/** Gives each host its port; one port is for all hosts. */
function joinHosts(hosts: readonly string[], ports: readonly string[]): ParseResult<readonly DatabaseHost[]> | Refused {
  const servers = hosts.length === 0 ? [DEFAULT_HOST] : hosts;
  if (servers.length > 1 && servers.includes('')) return invalid('has an empty name in its list of hosts');
  if (ports.length > 1 && ports.length !== servers.length) {
    return invalid(
      `names ${servers.length} hosts and ${ports.length} ports`,
      'give each host its port, or one port for all',
    );
  }
  const numbers = servers.map((_, index) => parsePort((ports.length === 1 ? ports[0] : ports[index]) ?? ''));
  if (numbers.some((port) => port === null)) return invalid('has a port that is not 1 to 65535');
  return ok(
    servers.map((host, index) => ({ host: host === '' ? DEFAULT_HOST : host, port: numbers[index] ?? DEFAULT_PORT })),
  );
}

function parsePort(text: string): number | null {
  if (text === '') return DEFAULT_PORT;
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535 ? port : null;
}
