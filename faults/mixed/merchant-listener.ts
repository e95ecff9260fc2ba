/**
 * The merchant's listener, with every state that precedes reading a request: open, closed, listening without accepting,
 * accepting without reading. Its port stays the same. Each change of state closes all connections.
 */
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Cleanup } from '../lib/cleanup.ts';

/**
 * `not_accepting`: the kernel queues connections, and the program does not accept them. `not_reading`: it accepts but
 * does not read.
 */
export type ListenerState = 'open' | 'closed' | 'not_accepting' | 'not_reading';

export interface MerchantListener {
  readonly port: number;
  /** Resolves when the listener is in that state. */
  setState(state: ListenerState): Promise<void>;
}

/** A thread that listens and then blocks, so that its queue of connections is never accepted. */
const MUTE_LISTENER = `
const { parentPort, workerData } = require('node:worker_threads');
require('node:net').createServer().listen({ port: workerData, host: '127.0.0.1', backlog: 64 }, () => {
  parentPort.postMessage('listening');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
`;

/** Starts a listener on a free port. `http` serves its connections, and does not listen itself. */
export async function startMerchantListener(http: HttpServer, cleanup: Cleanup): Promise<MerchantListener> {
  const sockets = new Set<Socket>();
  let isRead = true;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    if (isRead) http.emit('connection', socket);
    else socket.pause();
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  };
  const close = async (): Promise<void> => {
    const closed = server.listening ? once(server.close(), 'close') : undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  let mute: Worker | null = null;
  const port = await listen(0);
  cleanup.push(close, async () => mute?.terminate());
  return {
    port,
    async setState(state) {
      await close();
      await mute?.terminate();
      mute = null;
      isRead = state !== 'not_reading';
      if (state === 'not_accepting') mute = await startMuteListener(port);
      if (state === 'open' || state === 'not_reading') await listen(port);
    },
  };
}

async function startMuteListener(port: number): Promise<Worker> {
  const worker = new Worker(MUTE_LISTENER, { eval: true, workerData: port });
  await once(worker, 'message');
  return worker;
}
