/**
 * What `simulate` takes from the environment of the receiver beside it, so that both agree on address, salts, credentials and
 * ownership without a word on the command line. Settings are read one by one by the receiver's own table and never judged as a
 * whole: whoever plays Resurs on another machine has the salt and nothing else. Faults never repeat a value.
 */
import { type Environment, readEnvironment, readTextFile } from '../../config/environment.ts';
import { formatSettingError } from '../../config/setting-error.ts';
import { type Config, type SettingName, settingOf } from '../../config/settings.ts';
import type { BasicCredentials } from '../../protocol/ecom/registration.ts';
import type { SigningSecrets } from '../../simulator/assumed-registration.ts';
import { EXPECTED, type ExpectedResponse, SIMULATED_TYPES } from '../../simulator/scenario.ts';

/** A wrong argument or setting; the message is for the person at the terminal. */
export class UsageError extends Error {}

/** Gives the value of one setting as the receiver would have it. Throws UsageError when the setting is wrong. */
export type ReadSetting = <N extends SettingName>(name: N) => Config[N];

/** Looks at the environment once; nothing is refused before it is asked for. */
export function receiverSettings(env: Environment): ReadSetting {
  const found = readEnvironment(env, readTextFile);

  return <N extends SettingName>(name: N): Config[N] => {
    const entry = found.get(name);
    if (entry?.outcome === 'broken') throw new UsageError(formatSettingError(entry.fault));

    const { kind, defaultText } = settingOf(name);
    const text = entry?.outcome === 'given' ? entry.text : defaultText;
    if (text === null) return null as Config[N];

    const result = kind.parse(text);
    if (result.outcome === 'refused') throw new UsageError(`${name} ${result.problem}`);
    // The value comes from the parser of its own row, which is where `Config` takes its type from.
    return result.value as Config[N];
  };
}

/** The first callback path of a receiver on this machine. */
export function receiverUrl(read: ReadSetting): string {
  if (read('TLS_CERT_FILE') !== null) throw new UsageError('the receiver serves HTTPS: give the URL under its name');
  return `http://127.0.0.1:${read('PORT')}${read('CALLBACK_PATHS')[0] ?? '/'}`;
}

/** Fixed salts and the master key. */
export function signingSecrets(read: ReadSetting): Pick<SigningSecrets, 'key' | 'salt' | 'salts'> {
  const own = SIMULATED_TYPES.map((type) => [type, read(`DIGEST_SALT_${type}`)] as const);
  const salts = Object.fromEntries(own.filter(([, salt]) => salt !== null));

  return { key: read('DIGEST_KEY'), salt: read('DIGEST_SALT'), salts };
}

/** The Basic credentials of the callbacks; null when none are asked for. */
export function receiverCredentials(read: ReadSetting): BasicCredentials | null {
  return pairBeside(read, 'BASIC_AUTH_USERNAME', 'BASIC_AUTH_PASSWORD');
}

/** The account at Resurs that the commands beside use; null when they have none yet. */
export function resursAccount(read: ReadSetting): BasicCredentials | null {
  return pairBeside(read, 'RESURS_USERNAME', 'RESURS_PASSWORD');
}

type TextSetting = 'BASIC_AUTH_USERNAME' | 'BASIC_AUTH_PASSWORD' | 'RESURS_USERNAME' | 'RESURS_PASSWORD';

function pairBeside(
  read: ReadSetting,
  userSetting: TextSetting,
  passwordSetting: TextSetting,
): BasicCredentials | null {
  const username = read(userSetting);
  const password = read(passwordSetting);
  if ((username === null) !== (password === null)) {
    throw new UsageError(`${userSetting} and ${passwordSetting} belong together`);
  }
  return username === null || password === null ? null : { username, password };
}

/** What the receiver promises for an order that is not the shop's. */
export function notOursResponse(read: ReadSetting): ExpectedResponse {
  if (read('ORDER_OWNERSHIP') === 'any') return EXPECTED.kept;
  return read('ACCEPT_REJECTED_CALLBACKS') ? EXPECTED.notOursButAccepted : EXPECTED.notOurs;
}
