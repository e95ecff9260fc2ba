/** The addresses of all views, on a service with the weeks of a shop. A new view is added here. */
import type { TestContext } from 'node:test';
import { seedShop } from '../harness/seed-shop.ts';
import { startMerchant } from '../helpers/merchant.ts';
import { PAGE_ENV } from '../helpers/page.ts';
import { startTestService, type TestService, WEBHOOK_SECRET } from '../helpers/service.ts';

export interface ShopService {
  readonly service: TestService;
  /** Address of the status API. */
  readonly base: string;
  readonly paymentId: string;
  /** Address of each view, such as `#/deliveries`. */
  readonly addresses: readonly string[];
}

const ENV = { ...PAGE_ENV, RESURS_ENVIRONMENT: 'test', PUBLIC_URL: 'https://callbacks.shop.example', WEBHOOK_SECRET };

/** Starts a service whose database has a shop of thirty days. */
export async function startShopService(t: TestContext, { payments = 80 } = {}): Promise<ShopService> {
  const merchant = await startMerchant(t);
  const env = { ...ENV, WEBHOOK_URL: merchant.url };
  const service = await startTestService(t, { env });
  const { paymentId } = await seedShop(service.databaseUrl, { nowMs: Date.now(), payments });
  const { json } = await service.status(`/payments/${paymentId}?limit=1`);
  const [event] = (json as { events: { id: string }[] }).events;
  const addresses = [
    '#/',
    `#/payments/${paymentId}`,
    '#/payments/NO-SUCH-PAYMENT',
    `#/events/${event?.id}`,
    '#/deliveries',
    '#/deliveries?state=pending',
    '#/dead-letters',
    '#/replays',
    '#/actions',
    '#/turned-away',
    '#/simulated',
  ];
  return { service, base: service.service.urls.status, paymentId, addresses };
}

/** The browser notes an answer that is none; a view of what does not exist gets one. */
export const NOT_FOUND_NOTICE = /Failed to load resource: the server responded with a status of 404/;
