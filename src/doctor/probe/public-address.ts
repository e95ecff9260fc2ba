/**
 * Which IPv4 addresses and host names Resurs cannot call. Resurs calls from outside. It cannot reach an address that
 * the Internet does not route, or a name known only inside a network, even if these work inside the shop. Resurs also
 * blocks tunnel services. The lists hold what is known; other checks prove that a name resolves and leads to this
 * receiver.
 */
import { BlockList, isIPv4 } from 'node:net';

/**
 * Network, prefix length, and what such an address is, as it completes "10.0.0.1 is …". Source: the IANA registry of
 * special-purpose addresses (RFC 6890).
 */
const NOT_PUBLIC: readonly (readonly [network: string, bits: number, what: string])[] = [
  ['0.0.0.0', 8, 'not a host address'],
  ['10.0.0.0', 8, 'private (RFC 1918)'],
  ['100.64.0.0', 10, 'inside a provider network (carrier-grade NAT)'],
  ['127.0.0.0', 8, 'loopback (this machine)'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private (RFC 1918)'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'for documentation'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private (RFC 1918)'],
  ['198.18.0.0', 15, 'for benchmarks'],
  ['198.51.100.0', 24, 'for documentation'],
  ['203.0.113.0', 24, 'for documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

/** Never in the public DNS (RFC 6761, RFC 8375, ICANN's `internal`), or widely used although never delegated. */
const LOCAL_SUFFIXES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'intranet',
  'private',
  'corp',
  'home',
  'lan',
  'home.arpa',
  'test',
  'invalid',
];

/** Services that lead from a public name to a developer's machine. Source of the rule: Resurs' FAQ. */
const TUNNEL_SUFFIXES = [
  'localtunnel.me',
  'loca.lt',
  'serveo.net',
  'serveousercontent.com',
  'trycloudflare.com',
  'localhost.run',
  'lhr.life',
  'lhr.rocks',
  'lhrtunnel.link',
  'pagekite.me',
  'telebit.io',
  'telebit.cloud',
  'bore.pub',
  'devtunnels.ms',
  'app.github.dev',
  'pinggy.io',
  'pinggy.link',
  'pinggy.online',
  'zrok.io',
  'loclx.io',
  'localxpose.io',
  'expose.dev',
  'sharedwithexpose.com',
  'tunnelmole.net',
  'tunnelmole.com',
  'tunnelto.dev',
  'packetriot.net',
  'pktriot.net',
  'playit.gg',
  'srv.us',
  'ts.net',
];

/**
 * Returns why an address is unreachable from outside; null for a public one. Text that is no IPv4 address is not
 * public.
 */
export function whyNotPublic(address: string): string | null {
  // BlockList returns false for text that is no address.
  if (!isIPv4(address)) return 'not an IPv4 address';
  return NOT_PUBLIC.find(([network, bits]) => isWithin(address, network, bits))?.[2] ?? null;
}

function isWithin(address: string, network: string, bits: number): boolean {
  const list = new BlockList();
  list.addSubnet(network, bits);
  return list.check(address);
}

/** Returns whether only some networks know the name; true for one without a dot. */
export function isLocalName(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return !lowerCase.includes('.') || LOCAL_SUFFIXES.some((suffix) => hasSuffix(lowerCase, suffix));
}

/** Returns whether a tunnel service issued the name. ngrok has new domains every year, all of them named after it. */
export function isTunnelName(name: string): boolean {
  const lowerCase = name.toLowerCase();
  return (
    /(?:^|\.)ngrok(?:-[a-z]+)?\.[a-z]+$/.test(lowerCase) ||
    TUNNEL_SUFFIXES.some((suffix) => hasSuffix(lowerCase, suffix))
  );
}

function hasSuffix(name: string, suffix: string): boolean {
  return name === suffix || name.endsWith(`.${suffix}`);
}
