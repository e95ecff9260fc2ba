/**
 * Reads the settings that `simulate` shares with the receiver, so that both agree on address, salts, credentials and
 * ownership without options. Each setting is parsed on its own by the receiver's table, and the whole is not validated:
 * another machine that simulates Resurs may have only the salt. Errors never repeat a value.
 */

import { type Environment, readEnvironment, readTextFile } from '../../config/environment.ts';
import { formatSettingError } from '../../config/setting-error.ts';
import { type Config, type SettingName, settingOf } from '../../config/settings.ts';
import { isLoopbackHost } from '../../lib/loopback.ts';
import { CALLBACK_TYPES } from '../../protocol/ecom/callback-types.ts';
import type { BasicCredentials } from '../../protocol/ecom/registration.ts';
import type { MapiClientCredentials } from '../../simulator/api/mapi/tokens.ts';
import { SOAP_BASE } from '../../simulator/api/read-request.ts';
import type { SigningSecrets } from '../../simulator/assumed-registration.ts';
import { EXPECTED, type ExpectedResponse } from '../../simulator/expected.ts';
import { UsageError } from '../command.ts';

/** Returns the value of one setting as the receiver has it. Throws UsageError when the setting is invalid. */
export type ReadSetting = <N extends SettingName>(name: N) => Config[N];

/** Reads the environment once; a setting is validated only when it is used. */
export function receiverSettings(env: Environment): ReadSetting {
  const environment = readEnvironment(env, readTextFile);

  return <N extends SettingName>(name: N): Config[N] => {
    const entry = environment.get(name);
    if (entry?.outcome === 'broken') throw new UsageError(formatSettingError(entry.error));

    const { kind, defaultText } = settingOf(name);
    const text = entry?.outcome === 'given' ? entry.text : defaultText;
    if (text === null) return null as Config[N];

    const result = kind.parse(text);
    if (result.outcome === 'refused') throw new UsageError(`${name} ${result.problem}`);
    // The value comes from the parser of its own row, and so does its type in `Config`.
    return result.value as Config[N];
  };
}

/** Returns the URL of a callback path of a receiver on this machine. */
export function receiverUrl(read: ReadSetting, path: string): string {
  if (read('TLS_CERT_FILE') !== null) throw new UsageError('the receiver serves HTTPS: give the URL under its name');
  return `http://127.0.0.1:${read('PORT')}${path}`;
}

/** Returns the fixed salts and the master key. */
export function signingSecrets(read: ReadSetting): Pick<SigningSecrets, 'key' | 'salt' | 'salts'> {
  const own = CALLBACK_TYPES.map((type) => [type, read(`DIGEST_SALT_${type}`)] as const);
  const salts = Object.fromEntries(own.filter(([, salt]) => salt !== null));

  return { key: read('DIGEST_KEY'), salt: read('DIGEST_SALT'), salts };
}

/** Returns the Basic credentials of the callbacks; null when none are required. */
export function receiverCredentials(read: ReadSetting): BasicCredentials | null {
  return readPair(read, 'BASIC_AUTH_USERNAME', 'BASIC_AUTH_PASSWORD');
}

/** Returns the account at Resurs that the other commands use; null when there is none yet. */
export function resursAccount(read: ReadSetting): BasicCredentials | null {
  return readPair(read, 'RESURS_USERNAME', 'RESURS_PASSWORD');
}

/** Where a fake Resurs of eCom is served, and for which account. */
export interface ServedEcom {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Null: generate one. */
  readonly account: BasicCredentials | null;
}

/** Returns where the receiver looks for Resurs, if that is on this machine; else any free port. */
export function servedEcom(read: ReadSetting): ServedEcom {
  const account = resursAccount(read);
  const address = read('RESURS_SOAP_URL');
  const url = address === null ? null : new URL(address);
  if (url === null || url.protocol !== 'http:' || !isLoopback(url.href) || !url.pathname.startsWith(SOAP_BASE)) {
    return { host: '127.0.0.1', port: 0, account };
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port === '' ? '80' : url.port), account };
}

/** Returns the client of the Merchant API that the receiver uses; null when it has none. */
export function mapiClientOf(read: ReadSetting): MapiClientCredentials | null {
  const pair = readPair(read, 'MAPI_CLIENT_ID', 'MAPI_CLIENT_SECRET');
  return pair === null ? null : { clientId: pair.username, clientSecret: pair.password };
}

type TextSetting =
  | 'BASIC_AUTH_USERNAME'
  | 'BASIC_AUTH_PASSWORD'
  | 'RESURS_USERNAME'
  | 'RESURS_PASSWORD'
  | 'MAPI_CLIENT_ID'
  | 'MAPI_CLIENT_SECRET';

function readPair(read: ReadSetting, userSetting: TextSetting, passwordSetting: TextSetting): BasicCredentials | null {
  const username = read(userSetting);
  const password = read(passwordSetting);
  if ((username === null) !== (password === null)) {
    throw new UsageError(`${userSetting} and ${passwordSetting} belong together`);
  }
  return username === null || password === null ? null : { username, password };
}

/** Returns the response expected for an order that is not ours. */
export function notOursResponse(read: ReadSetting): ExpectedResponse {
  if (read('ORDER_OWNERSHIP') === 'any') return EXPECTED.stored;
  return read('ACCEPT_REJECTED_CALLBACKS') ? EXPECTED.notOursButAccepted : EXPECTED.notOurs;
}

/** True for a URL that never leaves this machine. */
export function isLoopback(target: string): boolean {
  return isLoopbackHost(new URL(target).hostname);
}
