/** Runs a merchant's endpoint inside the measuring process, so that one clock times the response and the arrival. */
import { startWebhookServer } from '../test/harness/webhook-server.ts';

export interface InProcessEndpoint {
  readonly url: string;
  /** Resolves when the first request for this payment is complete, with its time by performance.now. */
  expect(paymentId: string): Promise<number>;
  close(): Promise<void>;
}

/** Listens on a free port of 127.0.0.1 and responds 204 to every request. */
export async function startInProcessEndpoint(): Promise<InProcessEndpoint> {
  const expected = new Map<string, (atMs: number) => void>();
  const { url, close } = await startWebhookServer((_request, body, response) => {
    const atMs = performance.now();
    response.writeHead(204).end();
    const { data } = JSON.parse(body.toString()) as { data: { paymentId: string } };
    expected.get(data.paymentId)?.(atMs);
    expected.delete(data.paymentId);
  });
  return {
    url: `${url}/webhook`,
    expect(paymentId) {
      const { promise, resolve } = Promise.withResolvers<number>();
      expected.set(paymentId, resolve);
      return promise;
    },
    close,
  };
}
