/** The merchant's endpoint inside the process that measures, so that one clock times the answer and the arrival. */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Arrivals {
  readonly url: string;
  /** Resolves when the first request for this payment is there whole, to its instant by performance.now. */
  expect(paymentId: string): Promise<number>;
  close(): Promise<void>;
}

export async function openArrivals(): Promise<Arrivals> {
  const expected = new Map<string, (atMs: number) => void>();
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const atMs = performance.now();
      response.writeHead(204).end();
      const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { paymentId: string } };
      expected.get(data.paymentId)?.(atMs);
      expected.delete(data.paymentId);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    expect(paymentId) {
      const { promise, resolve } = Promise.withResolvers<number>();
      expected.set(paymentId, resolve);
      return promise;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
