/**
 * The address that a request comes from: that of the connection, or the one that a trusted proxy reports in
 * X-Forwarded-For. The PROXY protocol and the header Forwarded are not read.
 */
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { createSourceCheck, unmapIpv4 } from './guards.ts';

const IN_BRACKETS = /^\[(.+)\](?::[0-9]{1,5})?$/;
const IPV4_WITH_PORT = /^([0-9.]+):[0-9]{1,5}$/;

/**
 * Parses an address that may carry a port or brackets, as some proxies write them: `192.0.2.1:51008`,
 * `[2001:db8::1]:443`. Returns the address alone, IPv4-mapped IPv6 as IPv4; null for what is no address.
 */
export function parseSourceAddress(text: string): string | null {
  const given = text.trim();
  if (isIP(given) === 4) return given;
  const address = (IN_BRACKETS.exec(given) ?? IPV4_WITH_PORT.exec(given))?.[1] ?? given;
  // The zone of a link-local address names an interface of this machine.
  return isIP(address) === 0 ? null : unmapIpv4(address.replace(/%.*$/, ''));
}

/** Creates a check whether the address, as a proxy writes it, is that of a trusted proxy. */
export function createProxyCheck(trusted: readonly string[]): (address: string) => boolean {
  const isTrusted = createSourceCheck(trusted);
  return (text) => {
    const address = parseSourceAddress(text);
    return address !== null && isTrusted(address);
  };
}

/**
 * Returns the source address of a request; null if a trusted proxy reports what is no address. A stranger may have
 * written that, so it is neither logged nor shown.
 */
export function sourceOf({ ip }: Pick<FastifyRequest, 'ip'>): string | null {
  return parseSourceAddress(ip ?? '');
}
