/**
 * Types of secrets. All are kept exactly as given, because one space more or less makes another secret. Control
 * characters are rejected, because they come from a broken file and never from a registration. Only a secret that
 * cannot work is rejected here; secret-warnings.ts warns about weak ones. A problem text never describes the content.
 */
import { invalid, matching, ok, type SettingType } from './basic.ts';

/** Far below the 16 KiB that Node allows for all headers of a request together. */
const MAX_HEADER_SECRET_LENGTH = 4096;

/** A shorter master key can be guessed offline from one digest. */
const MIN_KEY_LENGTH = 32;

const CONTROLS_OR_LENGTH = 'has control characters, or is longer than 1024 characters';

/** A salt exactly as it was registered, with any content. */
export function salt(): SettingType<string> {
  return matching('the salt exactly as registered', { pattern: /^\P{Cc}{1,1024}$/u, problem: CONTROLS_OR_LENGTH });
}

/** The master key from which salts are derived. */
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

/** A Basic user name. It has no colon, because the first colon ends it on the wire (RFC 7617, section 2). */
export function username(): SettingType<string> {
  return matching('a user name without colon and control characters', {
    pattern: /^[^:\p{Cc}]{1,1024}$/u,
    problem: 'has a colon or control characters, or is longer than 1024 characters',
  });
}

/**
 * A Basic password: any characters except control characters (RFC 7617, section 2), and no line separators, with which
 * `@fastify/basic-auth` refuses every password.
 */
export function password(): SettingType<string> {
  return matching('a password without control characters', {
    pattern: /^[^\p{Cc}\p{Zl}\p{Zp}]{1,1024}$/u,
    problem: 'has control characters or line separators, or is longer than 1024 characters',
  });
}

/** A bearer token: characters that can be sent in a header without quoting. */
export function token(): SettingType<string> {
  return matching('a token of ASCII letters, digits and punctuation, without spaces', {
    pattern: new RegExp(`^[\\x21-\\x7e]{1,${MAX_HEADER_SECRET_LENGTH}}$`),
    problem: `has spaces, control or non-ASCII characters, or more than ${MAX_HEADER_SECRET_LENGTH} of them`,
  });
}

/** A shorter token can be guessed by many tries. */
const MIN_CALLBACK_TOKEN_LENGTH = 24;

/** A token that URLs of callbacks carry. */
export function callbackToken(): SettingType<string> {
  return {
    expected: `at least ${MIN_CALLBACK_TOKEN_LENGTH} random letters and digits`,
    parse: (given) => {
      if (given.length < MIN_CALLBACK_TOKEN_LENGTH)
        return invalid(`is shorter than ${MIN_CALLBACK_TOKEN_LENGTH} characters`);
      // Resurs' pages do not say how long a URL may be, so the token leaves room.
      if (/^[\x21-\x7e]{1,256}$/.test(given)) return ok(given);
      return invalid('has spaces, control or non-ASCII characters, or more than 256 characters');
    },
  };
}

/**
 * A whole Authorization value. ASCII only: two sides may encode other characters differently (RFC 9110, section 5.5).
 */
export function headerValue(): SettingType<string> {
  return matching('a header value such as "Bearer …"', {
    pattern: new RegExp(`^(?=.{1,${MAX_HEADER_SECRET_LENGTH}}$)[\\x21-\\x7e](?:[\\t\\x20-\\x7e]*[\\x21-\\x7e])?$`),
    problem: `is not a valid header value: only ASCII, no line breaks, no spaces around it, at most ${MAX_HEADER_SECRET_LENGTH} characters`,
  });
}

/**
 * A Standard Webhooks secret. Only padded, canonical base64, because the merchant's library may accept no other form.
 */
export function webhookSecret(): SettingType<string> {
  return {
    expected: 'whsec_ followed by the base64 of 24 to 64 random bytes',
    parse: (given) => {
      if (!given.startsWith('whsec_')) return invalid('does not start with whsec_');
      const encoded = given.slice('whsec_'.length);
      const bytes = Buffer.from(encoded, 'base64');
      if (bytes.toString('base64') !== encoded) return invalid('is not padded base64 after whsec_');
      return bytes.length < 24 || bytes.length > 64 ? invalid('does not contain 24 to 64 bytes') : ok(given);
    },
  };
}
