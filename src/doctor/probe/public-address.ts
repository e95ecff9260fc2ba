/**
 * Which IPv4 addresses the Internet does not lead to. Resurs calls from outside: a name that points to one of these is out of its
 * reach, however well it works inside the shop. Source: the IANA registry of special-purpose addresses (RFC 6890).
 */
import { BlockList, isIPv4 } from 'node:net';

/** Network, prefix length, and what such an address is, as it completes "10.0.0.1 is …". */
const NOT_PUBLIC: readonly (readonly [network: string, bits: number, what: string])[] = [
  ['0.0.0.0', 8, 'no address of a machine'],
  ['10.0.0.0', 8, 'private (RFC 1918)'],
  ['100.64.0.0', 10, 'inside a provider (carrier-grade NAT)'],
  ['127.0.0.0', 8, 'the machine itself (loopback)'],
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

/** What makes an address unreachable from outside; null for a public one. What is no IPv4 address is not public either. */
export function whyNotPublic(address: string): string | null {
  // BlockList says false for what is no address.
  if (!isIPv4(address)) return 'no IPv4 address';
  return NOT_PUBLIC.find(([network, bits]) => isWithin(address, network, bits))?.[2] ?? null;
}

function isWithin(address: string, network: string, bits: number): boolean {
  const list = new BlockList();
  list.addSubnet(network, bits);
  return list.check(address);
}
