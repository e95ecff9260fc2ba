/** Reads payments of the Merchant API. Its account belongs to the service, which closes it. */
import type { MapiAccount } from '../accounts/mapi-account.ts';
import type { Clock } from '../lib/clock.ts';
import { paymentOfMapi } from '../payments/mapi-payment.ts';
import { PAUSE_MS, type PaymentSource, READ_TIMEOUT_MS } from './payment-source.ts';

/** Creates the source; null without an account. */
export function createMapiSource(account: MapiAccount | null, clock: Clock): PaymentSource | null {
  if (account === null) return null;
  const client = account.client(PAUSE_MS);
  return {
    async read(paymentId, signal) {
      const readAt = new Date(clock.now());
      const result = await client.payment(paymentId, { timeoutMs: READ_TIMEOUT_MS, signal });
      return result.outcome === 'found' ? { outcome: 'found', payment: paymentOfMapi(result.payment, readAt) } : result;
    },
    pausedMs: client.pausedMs,
    close: async () => undefined,
  };
}
