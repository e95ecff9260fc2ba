/**
 * Decides through which proxy a request leaves, as HTTP_PROXY, HTTPS_PROXY and NO_PROXY say. Pure.
 *
 * As in curl and in Node, HTTPS_PROXY alone counts for https URLs. In NO_PROXY a name also means its subdomains,
 * `*.name` the subdomains alone, `*` everything, and a range such as 10.0.0.0/8 its addresses; each may have a port.
 */
import { BlockList, isIP } from 'node:net';
import type { Config } from '../config/settings.ts';

export type ProxySettings = Pick<Config, 'HTTP_PROXY' | 'HTTPS_PROXY' | 'NO_PROXY'>;

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** Returns the URL of the proxy, with its credentials; null when the request goes to its target directly. */
export function proxyFor(target: URL, settings: ProxySettings): string | null {
  const proxy = target.protocol === 'https:' ? settings.HTTPS_PROXY : settings.HTTP_PROXY;
  if (proxy === null) return null;
  const host = bareName(target.hostname);
  const port = target.port === '' ? (DEFAULT_PORTS[target.protocol] ?? '') : target.port;
  return settings.NO_PROXY.some((entry) => matches(entry, host, port)) ? null : proxy;
}

/** Names the proxy of a request for operators, without its credentials; null when there is none. */
export function describeProxy(target: URL, settings: ProxySettings): string | null {
  const proxy = proxyFor(target, settings);
  return proxy === null ? null : new URL(proxy).host;
}

function matches(entry: string, host: string, port: string): boolean {
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== null && onlyPort !== port) return false;
  if (name === '*') return true;
  if (isIP(host) !== 0) return containsAddress(name, host);
  const suffix = bareName(name.replace(/^\*?\./, ''));
  if (suffix === '') return false;
  return host.endsWith(`.${suffix}`) || (host === suffix && !name.startsWith('*'));
}

/** An IPv6 address has a port only behind brackets. */
function splitPort(entry: string): { name: string; onlyPort: string | null } {
  const found = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(entry);
  if (found === null) return { name: entry, onlyPort: null };
  return { name: found[1] ?? found[2] ?? '', onlyPort: found[3] ?? null };
}

/** Without the brackets of an IPv6 address and the dot at the end of a whole name. */
function bareName(name: string): string {
  return name
    .replace(/^\[(.+)\]$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();
}

function containsAddress(entry: string, host: string): boolean {
  const [address = '', bits, ...rest] = bareName(entry).split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  const width = family === 4 ? 32 : 128;
  const prefix = bits === undefined ? width : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= width)) return false;
  const range = new BlockList();
  range.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6');
  return range.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
}
