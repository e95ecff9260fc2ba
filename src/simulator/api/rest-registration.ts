/**
 * Parses the body of a REST registration as strictly as its attribute table: fields must have the right type, unknown
 * ones are ignored. A refusal names the field and never repeats a value.
 */
import type { BasicCredentials, DigestRule, Registration } from '../../protocol/ecom/registration.ts';
import { parseAlgorithm } from './protocol.ts';

/** The registration of a body, or the field that is malformed. */
export type RestRegistrationResult =
  | { readonly outcome: 'read'; readonly registration: Registration }
  | { readonly outcome: 'malformed'; readonly reason: string };

/** Never thrown out of this file. */
class Malformed extends Error {}

/** Parses the body of `POST /callbacks/{TYPE}`. */
export function parseRestRegistration(body: string): RestRegistrationResult {
  try {
    const fields = objectOf(parse(body), 'The body');
    const uriTemplate = textOf(fields, 'uriTemplate');
    if (uriTemplate === null || uriTemplate === '') throw new Malformed('uriTemplate is missing');
    return { outcome: 'read', registration: { uriTemplate, digest: digestOf(fields), basic: basicOf(fields) } };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { outcome: 'malformed', reason: error.message };
  }
}

type Fields = Readonly<Record<string, unknown>>;

function digestOf({ digestConfiguration }: Fields): DigestRule | null {
  if (digestConfiguration === undefined || digestConfiguration === null) return null;

  const fields = objectOf(digestConfiguration, 'digestConfiguration');
  const algorithm = parseAlgorithm(textOf(fields, 'digestAlgorithm'));
  if (algorithm === null) throw new Malformed('digestAlgorithm is neither MD5 nor SHA1');
  const parameters = fields.digestParameters;
  if (!Array.isArray(parameters) || parameters.length === 0 || !parameters.every(isText)) {
    throw new Malformed('digestParameters is no list of names');
  }
  return { algorithm, parameters, salt: textOf(fields, 'digestSalt') ?? '' };
}

function basicOf(fields: Fields): BasicCredentials | null {
  const username = textOf(fields, 'basicAuthUserName');
  return username === null ? null : { username, password: textOf(fields, 'basicAuthPassword') ?? '' };
}

function textOf(fields: Fields, name: string): string | null {
  const value = fields[name] ?? null;
  if (value !== null && !isText(value)) throw new Malformed(`${name} is no text`);
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function objectOf(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed(`${what} is no object`);
  return value as Fields;
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Malformed('The body is no JSON');
  }
}
