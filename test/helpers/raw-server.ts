/**
 * An HTTP server whose every byte a test decides: it takes requests off its connections without interpreting them, and
 * the test writes, ends or resets.
 */
import * as net from 'node:net';
import type { TestContext } from 'node:test';
import { listenForTest } from './listen.ts';

/** One request: which one of all, and of its connection, both from 1. */
export interface RawRequest {
  readonly socket: net.Socket;
  readonly number: number;
  readonly numberOnConnection: number;
  readonly text: string;
}

export interface RawServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RawRequest[];
  connections(): number;
}

export const NO_CONTENT = 'HTTP/1.1 204 No Content\r\n\r\n';

/** Starts the server; it is closed after the test. Each request has to arrive in one piece. */
export async function startRawServer(t: TestContext, answer: (request: RawRequest) => void): Promise<RawServer> {
  const requests: RawRequest[] = [];
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    let numberOnConnection = 0;
    socket.on('data', (bytes) => {
      numberOnConnection += 1;
      const request = { socket, number: requests.length + 1, numberOnConnection, text: bytes.toString('latin1') };
      requests.push(request);
      answer(request);
    });
  });
  const { url, port } = await listenForTest(t, server);
  return { url, port, requests, connections: () => connections };
}
