/**
 * What the checks need of the Internet: DNS records, the route to an address, and the trusted authorities. It is an
 * argument, so that a test can put real listeners with real certificates where a public address would be.
 */
import { Resolver } from 'node:dns/promises';
import { getCACertificates } from 'node:tls';
import { errorCode } from '../../lib/errors.ts';

/** What the public DNS has for one record type of a name. */
export type DnsAnswer =
  | { readonly outcome: 'found'; readonly addresses: readonly string[] }
  | { readonly outcome: 'none' }
  | { readonly outcome: 'unreachable'; readonly error: string };

export interface Internet {
  /** A records: Resurs uses IPv4 only. */
  resolve4(name: string, signal: AbortSignal): Promise<DnsAnswer>;
  /** AAAA records, to tell an IPv6-only host from one that does not exist. */
  resolve6(name: string, signal: AbortSignal): Promise<DnsAnswer>;
  /** Where to connect for a public address and port; the same, except in tests. */
  route(address: string, port: number): { readonly host: string; readonly port: number };
  /** Certificates (PEM) of the publicly trusted authorities. */
  readonly authorities: readonly string[];
}

/** NXDOMAIN, no such record, and names that no resolver accepts. */
const NO_RECORD = new Set(['ENOTFOUND', 'ENODATA', 'EBADNAME']);

/**
 * Returns access to the real Internet. Names are resolved by the DNS servers of this machine, past its hosts file,
 * which the public does not know. Trust is Mozilla's list as Node carries it: a CA trusted only on this host is not
 * trusted by Resurs.
 */
export function publicInternet(): Internet {
  return {
    resolve4: (name, signal) => resolve('A', name, signal),
    resolve6: (name, signal) => resolve('AAAA', name, signal),
    route: (host, port) => ({ host, port }),
    authorities: getCACertificates('bundled'),
  };
}

async function resolve(record: 'A' | 'AAAA', name: string, signal: AbortSignal): Promise<DnsAnswer> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const cancel = () => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const addresses = record === 'A' ? await resolver.resolve4(name) : await resolver.resolve6(name);
    return addresses.length === 0 ? { outcome: 'none' } : { outcome: 'found', addresses };
  } catch (error) {
    const code = errorCode(error) ?? 'unknown error';
    return NO_RECORD.has(code) ? { outcome: 'none' } : { outcome: 'unreachable', error: code };
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
