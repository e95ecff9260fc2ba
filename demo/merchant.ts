/**
 * A merchant platform as small as it can be: one HTTP endpoint that verifies every delivery with the `standardwebhooks`
 * package, answers 204, and remembers what came. It refuses the very first delivery of one payment with 500, so that a retry
 * can be seen. What does not verify is answered 401 and remembered as such.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

/** One request that reached the merchant. */
export interface Arrival {
  readonly webhookId: string;
  readonly verified: boolean;
  readonly type: string;
  readonly paymentId: string | null;
  readonly sequence: number;
  readonly attempt: number;
  /** What the merchant answered. */
  readonly status: number;
}

export interface Merchant {
  readonly url: string;
  /** In the order they came. */
  readonly arrivals: readonly Arrival[];
  stop(): Promise<void>;
}

export interface MerchantOptions {
  readonly secret: string;
  /** The first delivery of this payment is answered 500. */
  readonly refuseFirstOf: string;
}

/** Listens on a free port of this machine. */
export async function startMerchant({ secret, refuseFirstOf }: MerchantOptions): Promise<Merchant> {
  const arrivals: Arrival[] = [];
  const webhook = new Webhook(secret);
  const server = createServer(async (request, response: ServerResponse) => {
    const body = await buffer(request).catch(() => null);
    if (body === null) return;
    const arrival = readArrival(webhook, request, body);
    const isFirst =
      arrival.paymentId === refuseFirstOf && !arrivals.some(({ paymentId }) => paymentId === refuseFirstOf);
    const status = !arrival.verified ? 401 : isFirst ? 500 : 204;

    arrivals.push({ ...arrival, status });
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/resurs-events`,
    arrivals,
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The parts of a delivery that the demo shows (contract 6). */
interface Delivery {
  readonly type?: string;
  readonly data?: { readonly sequence?: number; readonly paymentId?: string | null };
}

function readArrival(webhook: Webhook, { headers }: IncomingMessage, body: Buffer): Omit<Arrival, 'status'> {
  const named = (name: string): string => String(headers[name] ?? '');
  const delivery = verifiedDelivery(webhook, body, {
    'webhook-id': named('webhook-id'),
    'webhook-timestamp': named('webhook-timestamp'),
    'webhook-signature': named('webhook-signature'),
  });

  return {
    webhookId: named('webhook-id'),
    verified: delivery !== null,
    type: delivery?.type ?? '?',
    paymentId: delivery?.data?.paymentId ?? null,
    sequence: delivery?.data?.sequence ?? 0,
    attempt: Number(named('webhook-attempt')),
  };
}

/** The delivery, or null when its signature or its age is not right. Nothing of an unverified body is believed. */
function verifiedDelivery(webhook: Webhook, body: Buffer, headers: Record<string, string>): Delivery | null {
  try {
    return webhook.verify(body.toString('utf8'), headers) as Delivery;
  } catch {
    return null;
  }
}
