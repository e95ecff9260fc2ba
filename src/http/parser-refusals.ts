/**
 * Answers requests that Node's parser refuses. What else is in flight on the connection gets its response first, and
 * then the connection is closed, since the parser cannot find the next request.
 */
import type { Socket } from 'node:net';
import { errorCode } from '../lib/errors.ts';
import { apiError } from './api-error.ts';
import type { Connections } from './connections.ts';
import { STATUS_CODES } from './node-http.ts';
import type { RefusalReason, RefusedRequest } from './refused-requests.ts';
import { parseSourceAddress } from './source-address.ts';

const RESPONSES = {
  malformed: { status: 400, code: 'bad_request', message: 'The request is malformed.', headers: '' },
  headers_too_large: { status: 431, code: 'headers_too_large', message: 'The headers are too large.', headers: '' },
  too_slow: { status: 408, code: 'too_slow', message: 'The request is too slow.', headers: '' },
  wrong_method: { status: 405, code: 'wrong_method', message: 'Method not allowed.', headers: 'allow: GET, POST\r\n' },
  tls_failed: null,
} as const satisfies Partial<Record<RefusalReason, unknown>>;

/** A reason of a request that was not parsed. */
type ParserReason = keyof typeof RESPONSES;

export interface ParserRefusals {
  /** Handles an error of a connection's parser or TLS. */
  onClientError(error: Error, socket: Socket): void;
  /** Handles CONNECT, for which Node keeps no response. */
  onConnect(socket: Socket): void;
}

/** Creates the handlers. `onRefused` is called for each request that reached no route. */
export function createParserRefusals(
  connections: Pick<Connections, 'inFlight'>,
  onRefused: (refused: RefusedRequest) => void,
): ParserRefusals {
  const refuse = (reason: ParserReason, socket: Socket, error: string | null) => {
    onRefused({ reason, source: parseSourceAddress(socket.remoteAddress ?? ''), error });
  };
  return {
    onClientError(error, socket) {
      const code = errorCode(error);
      // The client has left, and nothing was refused.
      if (code === 'ECONNRESET' || code === 'EPIPE') return void socket.destroy();
      const reason = reasonOf(code);
      // Node has closed the connection already when TLS has failed.
      if (socket.destroyed && reason !== 'tls_failed') return;
      const last = connections.inFlight(socket).at(-1);
      if (last === undefined || last.req.complete) refuse(reason, socket, code);
      // An error inside a body concerns a request that has a route, which logs it.
      if (last?.req.complete !== true) return respond(socket, reason);
      socket.pause();
      last.once('close', () => respond(socket, reason));
    },
    onConnect(socket) {
      refuse('wrong_method', socket, null);
      respond(socket, 'wrong_method');
    },
  };
}

function reasonOf(code: string | null): ParserReason {
  if (code === 'HPE_HEADER_OVERFLOW') return 'headers_too_large';
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'too_slow';
  return code !== null && /^ERR_(?:SSL|TLS)_/.test(code) ? 'tls_failed' : 'malformed';
}

/** Writes the response and closes the connection. */
function respond(socket: Socket, reason: ParserReason): void {
  const response = RESPONSES[reason];
  if (response !== null && socket.writable) {
    const { status, code, message, headers } = response;
    const body = JSON.stringify(apiError(code, message));
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8\r\n`;
    const more = `${headers}cache-control: no-store\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n`;
    socket.write(`${head}${more}${body}`);
  }
  socket.destroy();
}
