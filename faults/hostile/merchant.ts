/** A merchant who takes everything at once, and looks only whether it is JSON. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Cleanup } from '../lib/cleanup.ts';

export interface Merchant {
  readonly url: string;
  /** Requests whose body is none. */
  readonly notJson: () => number;
}

/** Listens on a free port; its end is put down as clean-up. */
export async function startMerchant(cleanup: Cleanup): Promise<Merchant> {
  let notJson = 0;
  const server = createServer(async (request, response) => {
    const body = await buffer(request).catch(() => null);
    if (body === null || !isJson(body)) notJson += 1;
    response.writeHead(204).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`, notJson: () => notJson };
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}
