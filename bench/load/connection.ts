/**
 * Sends prepared bytes over one keep-alive connection and reads only the status of the response: the load costs less
 * than what it measures. One request at a time; an unexpected response or a broken connection is an error.
 */
import { connect, type Socket } from 'node:net';

const READ_BYTES = 16_384;
const HEAD_END = '\r\n\r\n';

export interface Connection {
  /** Sends a request; `onResponse` is called with the status of its response. */
  send(request: Buffer): void;
  close(): void;
}

export interface ConnectionOptions {
  readonly port: number;
  onResponse(status: number): void;
  onFailure(error: Error): void;
}

/** Resolves when the connection is open. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let head = '';
  let isClosing = false;
  const fail = (error: Error) => {
    reject(error);
    if (!isClosing) options.onFailure(error);
  };
  const onBytes = (length: number, bytes: Uint8Array) => {
    head += Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1');
    if (!isWhole(head)) return true;
    const status = Number(head.slice(9, 12));
    head = '';
    options.onResponse(status);
    return true;
  };
  const socket: Socket = connect({
    host: '127.0.0.1',
    port: options.port,
    noDelay: true,
    onread: { buffer: Buffer.alloc(READ_BYTES), callback: onBytes },
  });
  socket.on('connect', () => resolve());
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('the receiver closed a connection')));
  await promise;
  return {
    send: (request) => void socket.write(request),
    close() {
      isClosing = true;
      socket.destroy();
    },
  };
}

/** A 204 has no body; every other response of the receiver has a content-length. */
function isWhole(text: string): boolean {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0) return false;
  if (text.startsWith('204', 9)) return true;
  const length = /\r\ncontent-length: ([0-9]+)/i.exec(text)?.[1] ?? '0';
  return text.length >= headEnd + HEAD_END.length + Number(length);
}
