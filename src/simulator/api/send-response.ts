/** Sends a response of the fake Resurs, or what a fault makes of it. */
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { resetSocket } from '../../lib/reset-socket.ts';
import type { ApiResponse } from './protocol.ts';
import type { InjectedFault, Quirks } from './quirks.ts';

/** `hang`: no response, ever; `reset`: the connection is reset. */
export type SentResponse = ApiResponse | 'hang' | 'reset';

export interface Delivery {
  readonly fault: InjectedFault;
  readonly slowMs: Quirks['slowMs'];
}

/** Sends it. */
export function sendResponse(httpResponse: ServerResponse, response: SentResponse, { fault, slowMs }: Delivery): void {
  if (response === 'hang') return;
  if (response === 'reset') {
    resetSocket(httpResponse.socket);
    return;
  }
  if (fault === 'half_body') sendHalf(httpResponse, response);
  else if (fault === 'slow') {
    void wait(slowMs, undefined, { ref: false }).then(() => sendWhole(httpResponse, response));
  } else sendWhole(httpResponse, response);
}

function sendWhole(httpResponse: ServerResponse, response: ApiResponse): void {
  httpResponse.writeHead(response.status, headersOf(response)).end(response.body);
}

/** The connection ends before the body does. */
function sendHalf(httpResponse: ServerResponse, response: ApiResponse): void {
  const headers = { ...headersOf(response), 'content-length': Buffer.byteLength(response.body) + 1 };
  const half = response.body.slice(0, response.body.length / 2);
  httpResponse.writeHead(response.status, headers).write(half, () => resetSocket(httpResponse.socket));
}

function headersOf({ contentType, body, headers }: ApiResponse): Record<string, string | number> {
  const length = { 'content-length': Buffer.byteLength(body) };
  return { ...length, ...(contentType === null ? {} : { 'content-type': contentType }), ...headers };
}
