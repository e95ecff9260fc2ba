/** Listens for the time of a test. */
import type { Server } from 'node:net';
import type { TestContext } from 'node:test';
import { type Listener, listenLocally } from '../harness/listen.ts';

/** Starts the server on a free port of 127.0.0.1. After the test it is closed, with all its connections. */
export async function listenForTest(t: TestContext, server: Server): Promise<Omit<Listener, 'close'>> {
  const { close, ...address } = await listenLocally(server);
  t.after(close);
  return address;
}
