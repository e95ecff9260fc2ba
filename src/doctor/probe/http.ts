/**
 * One HTTP request through the public URL, as Resurs would make it: over IPv4 to one address, with the name in SNI and Host, to a
 * certificate that the public trusts, HTTP/1.1, five seconds for all of it, no redirect followed. Each request has a
 * connection of its own that ends with it, because a proxy may treat the second one on a connection differently.
 */
import type { TLSSocket } from 'node:tls';
import { type buildConnector, Client, type Dispatcher } from 'undici';
import { abortable } from '../../lib/abortable.ts';
import { errorSummary } from '../../lib/errors.ts';
import type { Endpoint } from './site.ts';
import { openTls, RESURS_TIMEOUT_MS, TLS_1_2_UP } from './tls.ts';

export interface ProbeRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query as they go out. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** `not_connected`: no request was made, and which check says why. The others were on a trusted connection. */
export type ProbeResult =
  | ProbeResponse
  | { readonly outcome: 'timed_out' }
  | { readonly outcome: 'broken_off'; readonly code: string }
  | { readonly outcome: 'not_connected'; readonly see: 'tls' | 'certificate' };

export interface ProbeResponse {
  readonly outcome: 'answered';
  readonly status: number;
  /** `Location`, as it came. */
  readonly location: string | null;
  /** What the receiver says it answered, from its own headers; null when something else answered. */
  readonly receiver: { readonly status: string; readonly reason: string } | null;
}

/** Asks once. Rejects only with the reason of `signal`. */
export async function sendProbe(door: Endpoint, question: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  const patience = AbortSignal.timeout(RESURS_TIMEOUT_MS);
  const stop = AbortSignal.any([patience, signal]);
  const line: ConnectionProgress = { socket: null, state: 'opening' };
  const client = new Client(`https://${door.name}`, {
    connect: connector(door, line),
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const { method, target: path, headers, body } = question;
  try {
    // undici heeds the signal only when a connection is there.
    const response = await abortable(client.request({ method, path, headers, body, signal: stop }), stop);
    // The rest of the answer is dropped with the connection.
    response.body.on('error', () => undefined);
    return toResponse(response);
  } catch (error) {
    signal.throwIfAborted();
    if (line.state !== 'open')
      return { outcome: 'not_connected', see: line.state === 'untrusted' ? 'certificate' : 'tls' };
    return patience.aborted ? { outcome: 'timed_out' } : { outcome: 'broken_off', code: errorSummary(error) };
  } finally {
    line.socket?.destroy();
    await client.destroy();
  }
}

interface ConnectionProgress {
  socket: TLSSocket | null;
  state: 'opening' | 'untrusted' | 'open';
}

/** Tells `line` how far it came; undici alone would make one error of everything. */
function connector(door: Endpoint, line: ConnectionProgress): buildConnector.connector {
  return (_options, done) => {
    const socket = openTls(door, TLS_1_2_UP);
    line.socket = socket;
    socket.on('error', (error) => {
      if (line.state === 'opening') done(error, null);
    });
    socket.once('secureConnect', () => {
      line.state = socket.authorized ? 'open' : 'untrusted';
      if (socket.authorized) done(null, socket);
      else done(new Error('the certificate is not trusted'), null);
    });
  };
}

function toResponse({ statusCode, headers }: Dispatcher.ResponseData): ProbeResponse {
  const status = textOf(headers['x-callback-digest-code']);
  const reason = textOf(headers['x-callback-reason']);
  return {
    outcome: 'answered',
    status: statusCode,
    location: textOf(headers.location),
    receiver: status === null || reason === null ? null : { status, reason },
  };
}

function textOf(header: string | string[] | undefined): string | null {
  return (typeof header === 'string' ? header : header?.[0]) ?? null;
}
