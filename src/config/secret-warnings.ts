/**
 * Warnings about secrets: sample values, weak ones, reused ones, and fixed salts that are shared or missing. A warning
 * names settings and never contains a value.
 */
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { type Config, SETTING_NAMES, type SettingName, settingOf } from './settings.ts';

/** The mark of a sample value. It also occurs inside a URL and uses only the alphabet of base64. */
const SAMPLE_MARK = /change[-_.]?me/i;

/**
 * Minimum lengths below which a secret is called weak: a shorter one can be guessed offline or, for passwords, by many
 * tries.
 */
const MIN_LENGTHS: readonly { readonly names: RegExp; readonly length: number }[] = [
  { names: /^DIGEST_SALT/, length: 16 },
  { names: /^STATUS_(?:READ_)?TOKEN/, length: 24 },
  { names: /^BASIC_AUTH_PASSWORD/, length: 12 },
];

/** Twelve random characters of any usual alphabet practically always contain at least this many different ones. */
const MIN_DISTINCT_CHARACTERS = 5;

/** Database URLs are not checked: their secret is only a part of them, and the database sets the rules for it. */
const CHECKED_FOR_WEAKNESS =
  /^(?:DIGEST_|STATUS_(?:READ_)?TOKEN|BASIC_AUTH_PASSWORD|WEBHOOK_SECRET|MAPI_CALLBACK_TOKEN)/;

/** Returns all warnings about secrets: samples first, then weak and reused secrets, then the fixed salts as a whole. */
export function secretWarnings(parsed: ParsedSettings): string[] {
  return [
    ...findSampleSecrets(parsed.values).map((name) => {
      return `${name} is a sample value that anyone can read in .env.example: replace it before real callbacks arrive`;
    }),
    ...weakSecrets(parsed),
    ...sharedSalts(parsed),
    ...typesWithoutSalt(parsed),
  ];
}

/**
 * Returns the secrets whose values are samples, in the order of the table. `.env.example` contains them so that a first
 * start works without changes. Anyone can read them there, so every start warns about them and `doctor` fails them.
 */
export function findSampleSecrets(values: Partial<Config>): SettingName[] {
  return SETTING_NAMES.filter((name) => {
    const value = values[name];
    return settingOf(name).secret && typeof value === 'string' && SAMPLE_MARK.test(value);
  });
}

function weakSecrets({ values }: ParsedSettings): string[] {
  return SETTING_NAMES.flatMap((name) => {
    const value = values[name];
    // A sample has its own warning, and no other one is worse.
    if (!settingOf(name).secret || typeof value !== 'string' || SAMPLE_MARK.test(value)) return [];
    return [...weaknesses(name, value), ...unchangedPrevious(name, value, values)];
  });
}

function weaknesses(name: SettingName, value: string): string[] {
  if (!CHECKED_FOR_WEAKNESS.test(name)) return [];

  const characters = [...value.replace(/^whsec_/, '')];
  const minLength = MIN_LENGTHS.find(({ names }) => names.test(name))?.length ?? 0;
  const warnings: string[] = [];
  if (characters.length < minLength) warnings.push(`${name} is weak: use at least ${minLength} random characters`);
  if (new Set(characters).size < MIN_DISTINCT_CHARACTERS) {
    warnings.push(`${name} is weak: it repeats a few characters; use random ones`);
  }
  if (value.trim() !== value) warnings.push(`${name} begins or ends with white space, which is part of the secret`);
  return warnings;
}

function unchangedPrevious(name: SettingName, value: string, values: ParsedSettings['values']): string[] {
  const current = SETTING_NAMES.find((candidate) => `${candidate}_PREVIOUS` === name);
  if (current === undefined || values[current] !== value) return [];
  return [`${name} has the same value as ${current}: unset it`];
}

/**
 * One salt for several types makes a digest of one type valid for another. URLs registered with a master key are not
 * affected, but fixed salts stay valid beside a master key, so they are checked in any case.
 */
function sharedSalts({ values }: ParsedSettings): string[] {
  const users = new Map<string, { names: Set<SettingName>; types: CallbackType[] }>();

  for (const type of CALLBACK_TYPES) {
    const own = values[`DIGEST_SALT_${type}`] ?? null;
    const name: SettingName = own === null ? 'DIGEST_SALT' : `DIGEST_SALT_${type}`;
    const value = own ?? values.DIGEST_SALT ?? null;
    if (value === null) continue;

    const entry = users.get(value) ?? { names: new Set(), types: [] };
    entry.names.add(name);
    entry.types.push(type);
    users.set(value, entry);
  }

  return [...users.values()]
    .filter(({ types }) => types.length > 1)
    .map(({ names, types }) => {
      return `${[...names].join(', ')}: the same salt is used for ${types.join(', ')}, so a digest of one type is valid for another; set one salt per type, or use DIGEST_KEY`;
    });
}

/** A type without any salt is rejected. TEST is left out: it is accepted without a digest as well. */
function typesWithoutSalt({ given }: ParsedSettings): string[] {
  if (given.has('DIGEST_SALT') || given.has('DIGEST_KEY')) return [];

  const types = CALLBACK_TYPES.filter((type) => type !== 'TEST');
  const missing = types.filter((type) => !given.has(`DIGEST_SALT_${type}`));
  if (missing.length === 0 || missing.length === types.length) return [];
  const names = missing.map((type) => `DIGEST_SALT_${type}`).join(', ');
  return [`${names}: not set, and neither is DIGEST_SALT nor DIGEST_KEY; callbacks of these types are rejected (406)`];
}
