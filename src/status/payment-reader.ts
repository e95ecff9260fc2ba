/**
 * Asks Resurs for a payment when the status API is asked for it. Resurs does not want to be polled, so a process asks at
 * most ten times a minute. Its connections are its own: whatever Resurs does, callbacks and deliveries go on.
 */
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { createQuota } from '../lib/quota.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { paymentOf } from '../payments/ecom-payment.ts';
import type { Payment } from '../payments/payment.ts';
import { resursAddresses } from '../resurs/addresses.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import { createPaymentClient } from '../resurs/payments.ts';

/** The answer has to leave within 5 s, and the database may take one of them. */
const READ_TIMEOUT_MS = 3_900;

const READS_PER_MINUTE = 10;
const MINUTE_MS = 60_000;

/** How a read ended. `used_up`: too many were asked for; `no_account`: the settings name none. */
export type PaymentReading =
  | { readonly outcome: 'found'; readonly payment: Payment }
  | { readonly outcome: 'unknown' | 'no_account' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure }
  | { readonly outcome: 'used_up'; readonly waitMs: number };

export interface PaymentReader {
  /** Asks now; nothing is remembered. Never rejects while it is open. */
  read(paymentId: string): Promise<PaymentReading>;
  /** Ends what is in flight. */
  close(): Promise<void>;
}

/** Creates the reader of the configured account; opens no connection yet. */
export function createPaymentReader(config: Config, clock: Clock): PaymentReader {
  const { RESURS_USERNAME: username, RESURS_PASSWORD: password } = config;
  if (username === null || password === null) {
    return { read: async () => ({ outcome: 'no_account' }), close: async () => undefined };
  }

  const { dispatcher, destroy } = createOutbound({
    proxies: config,
    connections: READS_PER_MINUTE,
    connectTimeoutMs: READ_TIMEOUT_MS,
  });
  const baseUrl = resursAddresses(config).soap;
  const account = { username, password };
  const client = createPaymentClient({ baseUrl, account, dispatcher, timeoutMs: READ_TIMEOUT_MS });
  const quota = createQuota(READS_PER_MINUTE, MINUTE_MS, clock);
  const never = new AbortController().signal;
  return {
    async read(paymentId) {
      const place = quota.take();
      if (place.outcome === 'used_up') return place;
      const readAt = new Date(clock.now());
      const result = await client.read(paymentId, never);
      return result.outcome === 'found' ? { outcome: 'found', payment: paymentOf(result.payment, readAt) } : result;
    },
    close: destroy,
  };
}
