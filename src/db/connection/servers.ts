/** The servers that a URL may mean, with addresses that are looked up for every connection. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { DatabaseHost, DatabaseTarget } from '../../config/types/database-url.ts';
import { abortable } from '../../lib/abortable.ts';

/** One address of one host. */
export interface Server {
  /** For operators: host and port, with the address where a name has several. */
  readonly label: string;
  /** An address, or the folder of a Unix socket. */
  readonly address: string;
  readonly port: number;
  /** The name that its certificate must have; null for an address or a socket. */
  readonly name: string | null;
  readonly isSocket: boolean;
}

/** The servers of one host, or why it has none. */
export type FoundServers =
  | { readonly outcome: 'found'; readonly servers: readonly Server[] }
  | { readonly outcome: 'failed'; readonly label: string; readonly error: Error };

/**
 * Looks up all hosts at once; the result is in the order of the URL. A name whose lookup does not end within `limitMs`
 * counts as failed. Never rejects.
 */
export function findServers({ hosts }: DatabaseTarget, limitMs: number): Promise<readonly FoundServers[]> {
  return Promise.all(hosts.map((host) => findServersOf(host, limitMs)));
}

async function findServersOf({ host, port }: DatabaseHost, limitMs: number): Promise<FoundServers> {
  const label = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const isSocket = host.startsWith('/');
  if (isSocket || isIP(host) !== 0) {
    return { outcome: 'found', servers: [{ label, address: host, port, name: null, isSocket }] };
  }
  try {
    const found = await abortable(lookup(host, { all: true }), AbortSignal.timeout(limitMs));
    const servers = found.map(({ address }) => ({
      label: found.length === 1 ? label : `${label} (${address})`,
      address,
      port,
      name: host,
      isSocket,
    }));
    return { outcome: 'found', servers };
  } catch (error) {
    return { outcome: 'failed', label, error: error instanceof Error ? error : new Error(String(error)) };
  }
}
