/**
 * Runs a minimal merchant: one HTTP endpoint that verifies every delivery with the `standardwebhooks` package, responds
 * 204 and records the request. The first delivery of one payment gets 500, so that a retry can be seen. A delivery that
 * does not verify gets 401 and is recorded as unverified.
 */
import type { IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { startWebhookServer } from '../test/harness/webhook-server.ts';

/** One request that reached the merchant. */
export interface ReceivedRequest {
  readonly webhookId: string;
  readonly verified: boolean;
  readonly type: string;
  readonly paymentId: string | null;
  readonly orderReference: string | null;
  /** What Resurs held of the payment, as JSON; null where the event does not say it. */
  readonly payment: string | null;
  /** The state in it; empty without one. */
  readonly paymentState: string;
  /** What reconciliation found; null in other events. */
  readonly missed: readonly string[] | null;
  readonly sequence: number;
  readonly attempt: number;
  /** Of the merchant's response. */
  readonly status: number;
}

export interface Merchant {
  readonly url: string;
  /** In order of arrival. */
  readonly received: readonly ReceivedRequest[];
  /** Refuses each event of this payment so often, from now on. */
  refuse(paymentId: string, refusal: Refusal): void;
  stop(): Promise<void>;
}

export interface Refusal {
  readonly status: number;
  readonly times: number;
}

export interface MerchantOptions {
  readonly secret: string;
  /** The first delivery of this payment gets 500. */
  readonly refuseFirstOf: string;
}

/** Listens on a free port of this machine. */
export async function startMerchant({ secret, refuseFirstOf }: MerchantOptions): Promise<Merchant> {
  const received: ReceivedRequest[] = [];
  const refusals = new Map<string, Refusal>();
  const webhook = new Webhook(secret);
  const { url, close } = await startWebhookServer((request, body, response) => {
    const parsed = toReceivedRequest(webhook, request, body);
    const isFirst =
      parsed.paymentId === refuseFirstOf && !received.some(({ paymentId }) => paymentId === refuseFirstOf);
    const refusal = refusals.get(parsed.paymentId ?? '');
    const refused = received.filter(({ webhookId, status }) => webhookId === parsed.webhookId && status !== 204).length;
    const isRefused = refusal !== undefined && refused < refusal.times;
    const status = !parsed.verified ? 401 : isFirst ? 500 : isRefused ? refusal.status : 204;

    received.push({ ...parsed, status });
    response.writeHead(status).end(isRefused ? `The shop has no order ${parsed.orderReference}.` : undefined);
  });
  return {
    url: `${url}/resurs-events`,
    received,
    refuse: (paymentId, refusal) => void refusals.set(paymentId, refusal),
    stop: close,
  };
}

/** The parts of a delivery that the demo shows (contract 6). */
interface Delivery {
  readonly type?: string;
  readonly data?: {
    readonly sequence?: number;
    readonly paymentId?: string | null;
    readonly orderReference?: string | null;
    readonly payment?: { readonly state?: string } | null;
    readonly missed?: readonly string[];
  };
}

function toReceivedRequest(
  webhook: Webhook,
  { headers }: IncomingMessage,
  body: Buffer,
): Omit<ReceivedRequest, 'status'> {
  const named = (name: string): string => String(headers[name] ?? '');
  const delivery = verifyDelivery(webhook, body, {
    'webhook-id': named('webhook-id'),
    'webhook-timestamp': named('webhook-timestamp'),
    'webhook-signature': named('webhook-signature'),
  });
  const payment = delivery?.data?.payment ?? null;

  return {
    webhookId: named('webhook-id'),
    verified: delivery !== null,
    type: delivery?.type ?? '?',
    paymentId: delivery?.data?.paymentId ?? null,
    orderReference: delivery?.data?.orderReference ?? null,
    payment: payment === null ? null : JSON.stringify(payment),
    paymentState: payment?.state ?? '',
    missed: delivery?.data?.missed ?? null,
    sequence: delivery?.data?.sequence ?? 0,
    attempt: Number(named('webhook-attempt')),
  };
}

/** Returns the delivery, or null when its signature or its age is wrong. An unverified body is ignored as a whole. */
function verifyDelivery(webhook: Webhook, body: Buffer, headers: Record<string, string>): Delivery | null {
  try {
    return webhook.verify(body.toString('utf8'), headers) as Delivery;
  } catch {
    return null;
  }
}
