/**
 * The merchant's listener, which can be in every state before a request is read: open, closed, listening without anybody
 * who accepts, accepting without anybody who reads. Its port stays the same. What is connected is cut at each change.
 */
import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { CleanUps } from '../lib/cleanup.ts';

/** `unaccepted`: the kernel takes connections, and nobody takes them from it. `unread`: nobody reads what comes. */
export type DoorState = 'open' | 'closed' | 'unaccepted' | 'unread';

export interface Door {
  readonly port: number;
  /** Resolves when it is so. */
  be(state: DoorState): Promise<void>;
}

/** A thread that listens and then does nothing at all, so that its queue of connections is never looked at. */
const MUTE_LISTENER = `
const { parentPort, workerData } = require('node:worker_threads');
require('node:net').createServer().listen({ port: workerData, host: '127.0.0.1', backlog: 64 }, () => {
  parentPort.postMessage('listening');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});
`;

/** What is connected through the door is served by `http`, which listens to nothing by itself. */
export async function startDoor(http: HttpServer, cleanUps: CleanUps): Promise<Door> {
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
  const leave = async (): Promise<void> => {
    const closed = server.listening ? once(server.close(), 'close') : undefined;
    for (const socket of sockets) socket.destroy();
    await closed;
  };

  let mute: Worker | null = null;
  const port = await listen(0);
  cleanUps.push(leave, async () => mute?.terminate());
  return {
    port,
    async be(state) {
      await leave();
      await mute?.terminate();
      mute = null;
      isRead = state !== 'unread';
      if (state === 'unaccepted') mute = await startMuteListener(port);
      if (state === 'open' || state === 'unread') await listen(port);
    },
  };
}

async function startMuteListener(port: number): Promise<Worker> {
  const worker = new Worker(MUTE_LISTENER, { eval: true, workerData: port });
  await once(worker, 'message');
  return worker;
}
