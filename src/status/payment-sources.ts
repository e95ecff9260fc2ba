/**
 * Where a payment can be asked for: the account of the eCom API, and that of the Merchant API. Their connections are
 * their own: whatever Resurs does, callbacks and deliveries go on.
 */
import { createEcomAccount } from '../accounts/ecom-account.ts';
import { createMapiAccount } from '../accounts/mapi-account.ts';
import { createOrderSearch } from '../accounts/order-search.ts';
import type { Config } from '../config/settings.ts';
import type { Provider } from '../db/schema.ts';
import type { Clock } from '../lib/clock.ts';
import { paymentOf } from '../payments/ecom-payment.ts';
import { paymentOfMapi } from '../payments/mapi-payment.ts';
import type { Payment } from '../payments/payment.ts';
import type { ResursFailure } from '../resurs/failure.ts';
import type { MapiPaymentResult } from '../resurs/mapi.ts';
import type { CallLimits } from '../resurs/mapi-call.ts';

/** What a source says of a payment. */
export type PaymentAnswer =
  | {
      readonly outcome: 'found';
      readonly paymentId: string;
      readonly provider: Provider;
      readonly payment: Payment;
    }
  | { readonly outcome: 'unknown' }
  | { readonly outcome: 'failed'; readonly failure: ResursFailure };

/** Asks for a payment. Only an abort by the caller is thrown. */
export type Ask = (name: string, limits: CallLimits) => Promise<PaymentAnswer>;

export interface EcomSource {
  readonly byId: Ask;
  close(): Promise<void>;
}

export interface MapiSource extends EcomSource {
  readonly byOrderReference: Ask;
}

/** After five failures in a row. */
const PAUSE_MS = 10_000;

/** Creates the source; null when the settings name no account. Opens no connection yet. */
export function createEcomSource(config: Config, clock: Clock, connections: number): EcomSource | null {
  const account = createEcomAccount(config, { connections, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  if (account === null) return null;
  return {
    async byId(paymentId, { timeoutMs, signal }) {
      const readAt = new Date(clock.now());
      const result = await account.payments(timeoutMs).read(paymentId, signal);
      if (result.outcome !== 'found') return result;
      return { outcome: 'found', paymentId, provider: 'resurs-ecom', payment: paymentOf(result.payment, readAt) };
    },
    close: account.close,
  };
}

/** Below the time that any read may take. */
const CONNECT_TIMEOUT_MS = 3_900;

/** Creates the source; null when the settings name no account. Opens no connection yet. */
export function createMapiSource(config: Config, clock: Clock): MapiSource | null {
  const account = createMapiAccount(config, clock);
  if (account === null) return null;
  const client = account.client(PAUSE_MS);
  const search = createOrderSearch({ client, storeId: config.MAPI_STORE_ID, clock });
  const answer = async (read: () => Promise<MapiPaymentResult>): Promise<PaymentAnswer> => {
    const readAt = new Date(clock.now());
    const result = await read();
    if (result.outcome !== 'found') return result;
    const { payment } = result;
    const { id: paymentId } = payment;
    return { outcome: 'found', paymentId, provider: 'resurs-mapi', payment: paymentOfMapi(payment, readAt) };
  };
  return {
    byId: (paymentId, limits) => answer(() => client.payment(paymentId.toLowerCase(), limits)),
    byOrderReference: (reference, limits) => answer(() => search.find(reference, limits)),
    close: account.close,
  };
}
