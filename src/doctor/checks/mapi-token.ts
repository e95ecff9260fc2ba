/**
 * The check `mapi-token`: nothing but the token in their URLs authenticates callbacks of the Merchant API, so it must be
 * one that cannot be guessed and stands nowhere. It reads the settings only.
 */
import { findSampleSecrets } from '../../config/secret-warnings.ts';
import { SETTING_NAMES, type SettingName, settingOf } from '../../config/settings.ts';
import { type Finding, fail, notUsed, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Why a check of callbacks of the Merchant API has nothing to look at. */
export const NO_MAPI_CALLBACKS = notUsed('MAPI_CALLBACK_PATHS is not set: no callbacks of the Merchant API are taken.');

const TOKENS = ['MAPI_CALLBACK_TOKEN', 'MAPI_CALLBACK_TOKEN_PREVIOUS'] as const;
/** 24 random characters, even of hexadecimal ones alone, practically always contain at least this many different ones. */
const MIN_DISTINCT_CHARACTERS = 8;
const NEW_TOKEN = 'openssl rand -hex 24';

/** Checks both tokens; sends nothing. */
export async function checkMapiToken({ config }: Pick<CheckContext, 'config'>): Promise<Finding> {
  if (config.MAPI_CALLBACK_PATHS === null) return NO_MAPI_CALLBACKS;
  if (config.MAPI_CALLBACK_TOKEN === null) return withoutToken(config);

  const samples = findSampleSecrets(config).filter((name) => TOKENS.some((token) => token === name));
  if (samples.length > 0) {
    return fail(`${samples.join(', ')}: a sample that anyone can read.`, `Set a random value, as of: ${NEW_TOKEN}`);
  }
  const problems = TOKENS.flatMap((name) => problemsOf(name, config));
  if (problems.length > 0) {
    return fail(
      `${problems.join('; ')}.`,
      `Set a random value of its own, as of: ${NEW_TOKEN}. Keep the old one as MAPI_CALLBACK_TOKEN_PREVIOUS as long as its payments live.`,
    );
  }
  return pass('the URLs carry a long random token');
}

function withoutToken({ MAPI_CLIENT_ID }: CheckContext['config']): Finding {
  const fix = 'Set MAPI_CALLBACK_TOKEN, and let the shop name the URLs of: receiver mapi-urls.';
  if (MAPI_CLIENT_ID === null)
    return fail('Callbacks of the Merchant API are accepted unconfirmed: anyone can invent one.', fix);
  return warn(
    'No token: each payment is read before its callback is accepted, and applications are refused (401).',
    fix,
  );
}

function problemsOf(name: (typeof TOKENS)[number], config: CheckContext['config']): string[] {
  const token = config[name];
  if (token === null) return [];
  const problems: string[] = [];
  if (new Set(token).size < MIN_DISTINCT_CHARACTERS) problems.push(`${name} has few different characters`);
  if (/^(.+?)\1+$/.test(token)) problems.push(`${name} repeats itself`);
  const others = sameSecrets(token, config);
  if (others.length > 0) problems.push(`${name} is the value of ${others.join(', ')}, too`);
  return problems;
}

/** The other secrets that have this value: who reads a URL of a payment would know them. */
function sameSecrets(token: string, config: CheckContext['config']): SettingName[] {
  return SETTING_NAMES.filter((name) => {
    return settingOf(name).secret && config[name] === token && !TOKENS.some((own) => own === name);
  });
}
