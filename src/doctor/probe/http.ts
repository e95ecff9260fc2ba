/**
 * Sends one HTTP request through the public URL, as Resurs would. It goes over IPv4 to one address, with the name in
 * SNI and Host, and requires a publicly trusted certificate. It uses HTTP/1.1, has five seconds for all of it, and
 * follows no redirect. Each request has a connection of its own that ends with it, because a proxy may treat the second
 * one on a connection differently.
 */
import type { TLSSocket } from 'node:tls';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import { abortable } from '../../lib/abortable.ts';
import { errorSummary } from '../../lib/errors.ts';
import { RESURS_TIMEOUT_MS } from '../../protocol/ecom/timing.ts';
import { type Endpoint, openTls, TLS_1_2_UP } from './tls.ts';

export interface ProbeRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query as they are sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * `not_connected`: no request was sent; `see` is the check that says why. The other outcomes had a trusted connection.
 */
export type ProbeResult =
  | ProbeResponse
  | { readonly outcome: 'timed_out' }
  | { readonly outcome: 'broken_off'; readonly code: string }
  | { readonly outcome: 'not_connected'; readonly see: 'tls' | 'certificate' };

export interface ProbeResponse {
  readonly outcome: 'answered';
  readonly status: number;
  /** The header `Location` unchanged. */
  readonly location: string | null;
  /** The status and reason that the receiver states in its own headers; null when another server responded. */
  readonly receiver: { readonly status: string; readonly reason: string } | null;
}

/** Sends one request. Rejects only with the reason of `signal`. */
export async function sendProbe(endpoint: Endpoint, request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  const timeout = AbortSignal.timeout(RESURS_TIMEOUT_MS);
  const either = AbortSignal.any([timeout, signal]);
  const progress: ConnectionProgress = { socket: null, state: 'opening' };
  const client = new Client(`https://${endpoint.name}`, {
    connect: connector(endpoint, progress),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const { method, target: path, headers, body } = request;
  try {
    // undici heeds the signal only once it is connected.
    const response = await abortable(client.request({ method, path, headers, body, signal: either }), either);
    // The rest of the response is dropped with the connection.
    response.body.on('error', () => undefined);
    return toResponse(response);
  } catch (error) {
    signal.throwIfAborted();
    if (progress.state !== 'open')
      return { outcome: 'not_connected', see: progress.state === 'untrusted' ? 'certificate' : 'tls' };
    return timeout.aborted ? { outcome: 'timed_out' } : { outcome: 'broken_off', code: errorSummary(error) };
  } finally {
    progress.socket?.destroy();
    await client.destroy();
  }
}

interface ConnectionProgress {
  socket: TLSSocket | null;
  state: 'opening' | 'untrusted' | 'open';
}

/** Records in `progress` how far the connection came; undici alone would report one error for every stage. */
function connector(endpoint: Endpoint, progress: ConnectionProgress): buildConnector.connector {
  return (_options, done) => {
    const socket = openTls(endpoint, TLS_1_2_UP);
    progress.socket = socket;
    socket.on('error', (error) => {
      if (progress.state === 'opening') done(error, null);
    });
    socket.once('secureConnect', () => {
      progress.state = socket.authorized ? 'open' : 'untrusted';
      if (socket.authorized) done(null, socket);
      else done(new Error('the certificate is not trusted'), null);
    });
  };
}

/** Reads what the checks need of a response. */
export function toResponse({ statusCode, headers }: Dispatcher.ResponseData): ProbeResponse {
  const status = headerText(headers['x-callback-digest-code']);
  const reason = headerText(headers['x-callback-reason']);
  return {
    outcome: 'answered',
    status: statusCode,
    location: headerText(headers.location),
    receiver: status === null || reason === null ? null : { status, reason },
  };
}

function headerText(header: string | string[] | undefined): string | null {
  return (typeof header === 'string' ? header : header?.[0]) ?? null;
}
