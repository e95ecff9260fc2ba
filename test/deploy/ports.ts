/** Ports for programs that cannot be told to take any free one and say which. */
import { once } from 'node:events';
import { createServer } from 'node:net';

/** One that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new TypeError('a listening TCP server has a port');
  return address.port;
}
