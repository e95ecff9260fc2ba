/** Sends bytes over a connection of its own, for requests that an HTTP client would not send. */
import * as net from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import * as tls from 'node:tls';

export interface RawOptions {
  /** Ends the client's side behind the bytes. */
  readonly isHalfClosed?: boolean;
}

/** Sends the text as ISO-8859-1 and resolves with all that the server sends until it closes the connection. */
export async function sendRaw(
  t: TestContext,
  url: string,
  request: string,
  { isHalfClosed = false }: RawOptions = {},
): Promise<string> {
  const { protocol, hostname: host, port } = new URL(url);
  const address = { host, port: Number(port), allowHalfOpen: true };
  const socket = protocol === 'https:' ? tls.connect({ ...address, rejectUnauthorized: false }) : net.connect(address);
  t.after(() => void socket.destroy());
  socket.setEncoding('latin1');
  if (isHalfClosed) socket.end(request, 'latin1');
  else socket.write(request, 'latin1');
  return text(socket);
}

/** Returns the status codes of the responses, in their order; interim ones included. */
export function statusesOf(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}
