/**
 * One TLS handshake with the public site, and what came of it. The certificate is looked at but not insisted on: who
 * calls judges it. Each connection is ended before the answer is given, whatever the other side does.
 */
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { errorCode, errorSummary } from '../../lib/errors.ts';
import type { Endpoint } from './site.ts';

/** What Resurs has for a whole call. Source: docs/protocol.md. */
export const RESURS_TIMEOUT_MS = 5_000;
const HTTPS_PORT = 443;

/** What Resurs can speak. */
export const TLS_1_2_UP = { minVersion: 'TLSv1.2' } as const;
/** What Resurs gave up; OpenSSL speaks it only at its lowest level of security. */
export const TLS_1_1_DOWN = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

/** `not_tls`: something else speaks on the port. `refused`: TLS is spoken, but not with us, or the line was cut. */
export type Handshake =
  | { readonly outcome: 'spoke'; readonly protocol: string; readonly certificate: Certificate }
  | { readonly outcome: 'unreachable'; readonly code: string }
  | { readonly outcome: 'timed_out'; readonly isConnected: boolean }
  | { readonly outcome: 'not_tls' }
  | { readonly outcome: 'refused'; readonly code: string };

export interface Certificate {
  /** As node:tls names it; null when the public trusts the certificate for this name. */
  readonly trouble: string | null;
  /** Null in the odd case of a server that shows none. */
  readonly leaf: X509Certificate | null;
}

/** Makes one handshake. Rejects only with the reason of `signal`. */
export async function tlsHandshake(
  door: Endpoint,
  versions: ConnectionOptions,
  signal: AbortSignal,
): Promise<Handshake> {
  const patience = AbortSignal.timeout(RESURS_TIMEOUT_MS);
  const socket = openTls(door, versions);
  let isConnected = false;
  socket.once('connect', () => {
    isConnected = true;
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.any([patience, signal]) });
    return { outcome: 'spoke', protocol: socket.getProtocol() ?? 'TLS', certificate: certificateOf(socket) };
  } catch (error) {
    signal.throwIfAborted();
    if (patience.aborted) return { outcome: 'timed_out', isConnected };
    if (!isConnected) return { outcome: 'unreachable', code: errorSummary(error) };
    return isNotTls(error) ? { outcome: 'not_tls' } : { outcome: 'refused', code: errorSummary(error) };
  } finally {
    // An error that comes while it is being ended has no one to tell.
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/** Begins a connection that trusts whom the public trusts and takes any certificate; `authorizationError` has the verdict. */
export function openTls({ name, address, outside }: Endpoint, versions: ConnectionOptions): TLSSocket {
  return connect({
    ...outside.route(address, HTTPS_PORT),
    servername: name,
    ca: [...outside.authorities],
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
    ...versions,
  });
}

function certificateOf(socket: TLSSocket): Certificate {
  // Typed as an error; it is the code of one.
  const trouble: unknown = socket.authorizationError;
  return {
    trouble: socket.authorized ? null : typeof trouble === 'string' ? trouble : errorSummary(trouble),
    leaf: socket.getPeerX509Certificate() ?? null,
  };
}

/** What OpenSSL makes of "HTTP/1.1 400" where a TLS record should be. */
function isNotTls(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST'].includes(code);
}
