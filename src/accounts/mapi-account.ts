/**
 * The shop's account of the Merchant API, as the settings name it: one token for all its clients, and connections of its
 * own. Resurs' library resolves the API over IPv4 alone, "to avoid issues", so this does too.
 */
import { type LookupOptions, lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { createFailurePause, createRequestedWait } from '../lib/failure-pause.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { createMapiClient, type MapiClient } from '../resurs/mapi.ts';
import { createTokenSource } from '../resurs/oauth.ts';

export interface MapiAccount {
  /**
   * Creates a client: `pauseMs` is how long it sends nothing after five failures in a row. Where Resurs asks one of them
   * to wait, all of them do.
   */
  client(pauseMs: number): MapiClient;
  /** Ends what is in flight. */
  close(): Promise<void>;
}

export type MapiSettings = Pick<
  Config,
  | 'MAPI_CLIENT_ID'
  | 'MAPI_CLIENT_SECRET'
  | 'MAPI_SCOPE'
  | 'MAPI_URL'
  | 'RESURS_ENVIRONMENT'
  | 'HTTP_PROXY'
  | 'HTTPS_PROXY'
  | 'NO_PROXY'
>;

const ADDRESSES: Readonly<Record<Config['RESURS_ENVIRONMENT'], string>> = {
  test: 'https://merchant-api.integration.resurs.com',
  production: 'https://merchant-api.resurs.com',
};
/** Known from Resurs' own library: some accounts of the test environment have it alone. */
const MOCK_SCOPE = 'mock-merchant-api';
const FAILURES_IN_ROW = 5;
const MAX_CONNECTIONS = 16;
const CONNECT_TIMEOUT_MS = 5_000;
/** For a token; a call that needs it waits no longer than its own call may take. */
const TOKEN_TIMEOUT_MS = 10_000;

/** Returns the address of the Merchant API. */
export function mapiAddress({ MAPI_URL, RESURS_ENVIRONMENT }: Pick<Config, 'MAPI_URL' | 'RESURS_ENVIRONMENT'>): string {
  return MAPI_URL ?? ADDRESSES[RESURS_ENVIRONMENT];
}

/** Creates the account; null when the settings name none. Opens no connection yet. */
export function createMapiAccount(config: MapiSettings, clock: Clock): MapiAccount | null {
  const { MAPI_CLIENT_ID: clientId, MAPI_CLIENT_SECRET: clientSecret, MAPI_SCOPE: scope } = config;
  if (clientId === null || clientSecret === null) return null;
  const { dispatcher, destroy } = createOutbound({
    proxies: config,
    connections: MAX_CONNECTIONS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    lookup: lookupIpv4,
  });
  const baseUrl = mapiAddress(config);
  const otherScope = config.RESURS_ENVIRONMENT === 'test' ? MOCK_SCOPE : null;
  const timeoutMs = TOKEN_TIMEOUT_MS;
  const tokens = createTokenSource({
    baseUrl,
    clientId,
    clientSecret,
    scope,
    otherScope,
    dispatcher,
    timeoutMs,
    clock,
  });
  const requested = createRequestedWait(clock);
  return {
    client(pauseMs) {
      const pause = createFailurePause({ failures: FAILURES_IN_ROW, pauseMs, clock, requested });
      return createMapiClient({ baseUrl, tokens, pause, dispatcher, clock });
    },
    close: destroy,
  };
}

const lookupIpv4: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, family: 4 } satisfies LookupOptions, callback);
};
