/** The base URLs of Resurs' two environments. Source: docs/protocol.md, Registering. */
import type { Config } from '../config/settings.ts';

/** The two interfaces, without a slash at the end. */
export interface ResursAddresses {
  readonly rest: string;
  /** The base URL of the SOAP services. */
  readonly soap: string;
}

const ADDRESSES: Readonly<Record<Config['RESURS_ENVIRONMENT'], ResursAddresses>> = {
  test: { rest: 'https://omnitest.resurs.com', soap: 'https://test.resurs.com/ecommerce-test/ws/V4' },
  production: { rest: 'https://checkout.resurs.com', soap: 'https://ecommerce.resurs.com/ws/V4' },
};

/** Returns the addresses of the environment, each replaced by its own setting where that is set. */
export function resursAddresses(
  config: Pick<Config, 'RESURS_ENVIRONMENT' | 'RESURS_REST_URL' | 'RESURS_SOAP_URL'>,
): ResursAddresses {
  const defaults = ADDRESSES[config.RESURS_ENVIRONMENT];
  return { rest: config.RESURS_REST_URL ?? defaults.rest, soap: config.RESURS_SOAP_URL ?? defaults.soap };
}
