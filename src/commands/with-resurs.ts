/**
 * The start of every command that calls Resurs: an account, the addresses, and the two interfaces over one set of
 * connections. The settings are optional for the service, so these commands require them.
 */
import type { Dispatcher } from 'undici';
import type { SettingError } from '../config/setting-error.ts';
import type { Config } from '../config/settings.ts';
import { createOutbound } from '../outbound/outbound.ts';
import type { ResursClients } from '../registrations/registered.ts';
import { type ResursAddresses, resursAddresses } from '../resurs/addresses.ts';
import { createRestClient } from '../resurs/rest.ts';
import { createSoapClient } from '../resurs/soap.ts';
import { EXIT, printSettingErrors, type Terminal } from './command.ts';

/**
 * The timeout of one call, including connecting. Resurs documents no limit; registrations have been seen to take
 * seconds.
 */
const CALL_TIMEOUT_MS = 10_000;

/** The seven types are read at the same time, from two interfaces. */
const MAX_CONNECTIONS = 16;

/** The two interfaces, ready for calls. */
export interface ResursAccess {
  readonly addresses: ResursAddresses;
  readonly channels: ResursClients;
  /** The connections of both, which other requests may use. */
  readonly dispatcher: Dispatcher;
  /** Fires when the operator asks to stop. */
  readonly signal: AbortSignal;
}

/** Settings that a command requires. */
export type RequiredSetting = 'PUBLIC_URL' | 'RESURS_USERNAME' | 'MAPI_CLIENT_ID';

/**
 * Runs `work` with the interfaces and resolves with its exit code. A missing setting is reported and ends the command
 * with 78. When the operator asks to stop, what `work` waits for is aborted and the command ends with 1.
 */
export async function withResurs(
  config: Config,
  { needed, terminal }: { readonly needed: readonly RequiredSetting[]; readonly terminal: Terminal },
  work: (access: ResursAccess) => Promise<number>,
): Promise<number> {
  const missing = needed.filter((name) => config[name] === null).map((name) => missingSetting(name, config));
  if (missing.length > 0) return printSettingErrors(missing, terminal);

  const signal = terminal.stop ?? new AbortController().signal;
  const { close, ...interfaces } = createResursClients(config, CALL_TIMEOUT_MS);
  try {
    return await work({ ...interfaces, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
    terminal.printError('Stopped on request.');
    return EXIT.failed;
  } finally {
    await close();
  }
}

/**
 * Creates the clients of the configured environment; opens no connection yet. Throws a TypeError without an account.
 */
export function createResursClients(config: Config, timeoutMs: number) {
  const { RESURS_USERNAME: username, RESURS_PASSWORD: password } = config;
  if (username === null || password === null) throw new TypeError('Resurs cannot be called without an account');

  const addresses = resursAddresses(config);
  const outbound = createOutbound({ proxies: config, connections: MAX_CONNECTIONS, connectTimeoutMs: timeoutMs });
  const { dispatcher } = outbound;
  const common = { account: { username, password }, dispatcher, timeoutMs };
  const rest = createRestClient({ ...common, baseUrl: addresses.rest });
  const soap = createSoapClient({ ...common, baseUrl: addresses.soap });
  return { addresses, channels: { rest, soap }, dispatcher, close: outbound.destroy };
}

/** A shop of the Merchant API that looks for what these commands do there has another command for it. */
function missingSetting(name: RequiredSetting, config: Config): SettingError {
  if (name !== 'RESURS_USERNAME' || config.MAPI_CALLBACK_PATHS === null) return MISSING[name];
  return {
    ...MISSING[name],
    problem: 'is not set, so the eCom API cannot be called',
    fix: `${MISSING[name].fix}; in the Merchant API nothing is registered: use mapi-urls, and trigger-test --mapi`,
  };
}

/** What is wrong where a setting is missing, and the fix. */
export const MISSING: Readonly<Record<RequiredSetting, SettingError>> = {
  PUBLIC_URL: {
    setting: 'PUBLIC_URL',
    problem: 'is not set, so there is no URL to register',
    fix: 'set it to the https URL under which Resurs reaches this service, such as https://pay.shop.example',
  },
  RESURS_USERNAME: {
    setting: 'RESURS_USERNAME',
    problem: 'is not set, so Resurs cannot be called',
    fix: 'set RESURS_USERNAME and RESURS_PASSWORD to the webservice account of the shop',
  },
  MAPI_CLIENT_ID: {
    setting: 'MAPI_CLIENT_ID',
    problem: 'is not set, so the Merchant API cannot be called',
    fix: "set MAPI_CLIENT_ID and MAPI_CLIENT_SECRET to the shop's account of the Merchant API",
  },
};
