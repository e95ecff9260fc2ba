/**
 * Makes one TLS handshake with the public site and reports its result. The certificate is reported but not enforced:
 * the caller decides about it. Each connection is closed before the result is returned, whatever the other side does.
 */
import type { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { errorCode, errorSummary } from '../../lib/errors.ts';
import { RESURS_TIMEOUT_MS } from '../../protocol/ecom/timing.ts';
import type { Internet } from './internet.ts';

const HTTPS_PORT = 443;

/** The versions that Resurs can use. */
export const TLS_1_2_UP = { minVersion: 'TLSv1.2' } as const;
/** The versions that Resurs gave up; OpenSSL accepts them only at its lowest security level. */
export const TLS_1_1_DOWN = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;

/** One address of the public site: the target of a connection. */
export interface Endpoint {
  readonly name: string;
  readonly address: string;
  readonly internet: Internet;
}

/**
 * `not_tls`: the port uses another protocol. `refused`: the server speaks TLS but ended the handshake, or the
 * connection was cut.
 */
export type Handshake =
  | { readonly outcome: 'completed'; readonly protocol: string; readonly certificate: Certificate }
  | { readonly outcome: 'unreachable'; readonly code: string }
  | { readonly outcome: 'timed_out'; readonly isConnected: boolean }
  | { readonly outcome: 'not_tls' }
  | { readonly outcome: 'refused'; readonly code: string };

export interface Certificate {
  /** The code of node:tls; null when the certificate is publicly trusted for this name. */
  readonly error: string | null;
  /** Null in the odd case of a server that presents none. */
  readonly leaf: X509Certificate | null;
}

/** Makes one handshake. Rejects only with the reason of `signal`. */
export async function tlsHandshake(
  endpoint: Endpoint,
  versions: ConnectionOptions,
  signal: AbortSignal,
): Promise<Handshake> {
  const timeout = AbortSignal.timeout(RESURS_TIMEOUT_MS);
  const socket = openTls(endpoint, versions);
  let isConnected = false;
  socket.once('connect', () => {
    isConnected = true;
  });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.any([timeout, signal]) });
    return { outcome: 'completed', protocol: socket.getProtocol() ?? 'TLS', certificate: certificateOf(socket) };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return { outcome: 'timed_out', isConnected };
    if (!isConnected) return { outcome: 'unreachable', code: errorSummary(error) };
    return isNotTls(error) ? { outcome: 'not_tls' } : { outcome: 'refused', code: errorSummary(error) };
  } finally {
    // An error while the socket is being closed has no listener left.
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/**
 * Opens a connection that trusts the public authorities and accepts any certificate; `authorized` and
 * `authorizationError` have the result of the verification.
 */
export function openTls({ name, address, internet }: Endpoint, versions: ConnectionOptions): TLSSocket {
  return connect({
    ...internet.route(address, HTTPS_PORT),
    servername: name,
    ca: [...internet.authorities],
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
    ...versions,
  });
}

function certificateOf(socket: TLSSocket): Certificate {
  // Typed as an error; it is the code of one.
  const error: unknown = socket.authorizationError;
  return {
    error: socket.authorized ? null : typeof error === 'string' ? error : errorSummary(error),
    leaf: socket.getPeerX509Certificate() ?? null,
  };
}

/** OpenSSL's errors for "HTTP/1.1 400" where a TLS record should be. */
function isNotTls(error: unknown): boolean {
  const code = errorCode(error) ?? '';
  return ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG', 'ERR_SSL_HTTP_REQUEST'].includes(code);
}
