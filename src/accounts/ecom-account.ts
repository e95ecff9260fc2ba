/** The shop's account of the eCom API, as the settings name it, with connections of its own. */
import type { Config } from '../config/settings.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { resursAddresses } from '../resurs/addresses.ts';
import { createPaymentSearch, type PaymentSearch } from '../resurs/find-payments.ts';
import { createPaymentClient, type PaymentClient } from '../resurs/payments.ts';

/** The clients of an account; `timeoutMs` is for one whole call. */
export interface EcomAccount {
  /** Reads one payment. */
  payments(timeoutMs: number): PaymentClient;
  /** Finds payments by time. */
  search(timeoutMs: number): PaymentSearch;
  /** Ends what is in flight. */
  close(): Promise<void>;
}

export type EcomSettings = Pick<
  Config,
  | 'RESURS_USERNAME'
  | 'RESURS_PASSWORD'
  | 'RESURS_REST_URL'
  | 'RESURS_SOAP_URL'
  | 'RESURS_ENVIRONMENT'
  | 'HTTP_PROXY'
  | 'HTTPS_PROXY'
  | 'NO_PROXY'
>;

export interface EcomConnections {
  /** Further calls wait for a free one. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
}

/** Creates the account; null when the settings name none. Opens no connection yet. */
export function createEcomAccount(config: EcomSettings, limits: EcomConnections): EcomAccount | null {
  const { RESURS_USERNAME: username, RESURS_PASSWORD: password } = config;
  if (username === null || password === null) return null;
  const { dispatcher, destroy } = createOutbound({ proxies: config, ...limits });
  const common = { baseUrl: resursAddresses(config).soap, account: { username, password }, dispatcher };
  return {
    payments: (timeoutMs) => createPaymentClient({ ...common, timeoutMs }),
    search: (timeoutMs) => createPaymentSearch({ ...common, timeoutMs }),
    close: destroy,
  };
}
