/**
 * Kinds of secrets. All are kept exactly as given, because a space more or less makes another secret; control characters are
 * refused, because they come from a broken file and never from a registration. Whether a secret is weak is a
 * warning and judged elsewhere: here only what cannot work is refused. No problem text says anything about the content.
 */
import { invalid, matching, ok, type SettingType } from './basic.ts';

/** Far below the 16 KiB that Node allows for all headers of a request together. */
const MAX_HEADER_SECRET_LENGTH = 4096;

/** Below it a master key can be guessed offline from one digest. */
export const MIN_KEY_LENGTH = 32;

const CONTROLS_OR_LENGTH = 'has control characters, or is longer than 1024 characters';

/** A salt as it was registered, whatever it looks like. */
export function salt(): SettingType<string> {
  return matching('the salt exactly as registered', { pattern: /^\P{Cc}{1,1024}$/u, problem: CONTROLS_OR_LENGTH });
}

/** The master key for derived salts. */
export function masterKey(): SettingType<string> {
  const expected = `at least ${MIN_KEY_LENGTH} random characters`;
  return {
    expected,
    parse: (given) => {
      if ([...given].length < MIN_KEY_LENGTH) return invalid(`is shorter than ${MIN_KEY_LENGTH} characters`);
      return /^\P{Cc}{1,1024}$/u.test(given) ? ok(given) : invalid(CONTROLS_OR_LENGTH);
    },
  };
}

/** A Basic user name: the first colon ends it on the wire (RFC 7617, section 2). */
export function username(): SettingType<string> {
  return matching('a user name without colon and control characters', {
    pattern: /^[^:\p{Cc}]{1,1024}$/u,
    problem: 'has a colon or control characters, or is longer than 1024 characters',
  });
}

/** A Basic password: anything but control characters (RFC 7617, section 2). */
export function password(): SettingType<string> {
  return matching('a password without control characters', {
    pattern: /^\P{Cc}{1,1024}$/u,
    problem: CONTROLS_OR_LENGTH,
  });
}

/** A bearer token: what can be sent in a header without quoting. */
export function token(): SettingType<string> {
  return matching('a token of ASCII letters, digits and signs without spaces', {
    pattern: new RegExp(`^[\\x21-\\x7e]{1,${MAX_HEADER_SECRET_LENGTH}}$`),
    problem: `has spaces, control or non-ASCII characters, or more than ${MAX_HEADER_SECRET_LENGTH} of them`,
  });
}

/** A whole Authorization value. ASCII only: beyond it the two sides do not agree on the bytes (RFC 9110, section 5.5). */
export function headerValue(): SettingType<string> {
  return matching('a header value such as "Bearer …"', {
    pattern: new RegExp(`^(?=.{1,${MAX_HEADER_SECRET_LENGTH}}$)[\\x21-\\x7e](?:[\\t\\x20-\\x7e]*[\\x21-\\x7e])?$`),
    problem: `is no legal header value: only ASCII, no line breaks, no spaces around it, at most ${MAX_HEADER_SECRET_LENGTH} characters`,
  });
}

/** A Standard Webhooks secret. Padded, canonical base64 only, since the merchant's library may take nothing else. */
export function webhookSecret(): SettingType<string> {
  return {
    expected: 'whsec_ followed by the base64 of 24 to 64 random bytes',
    parse: (given) => {
      if (!given.startsWith('whsec_')) return invalid('does not start with whsec_');
      const encoded = given.slice('whsec_'.length);
      const bytes = Buffer.from(encoded, 'base64');
      if (bytes.toString('base64') !== encoded) return invalid('is not padded base64 after whsec_');
      return bytes.length < 24 || bytes.length > 64 ? invalid('does not hold 24 to 64 bytes') : ok(given);
    },
  };
}
