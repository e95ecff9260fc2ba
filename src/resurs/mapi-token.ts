/** Parses what the token service of the Merchant API answers. */
import { JsonNumber, parseExactJson } from '../lib/exact-json.ts';
import { field, matchingField } from '../lib/json-fields.ts';
import type { ParseResult } from './rest-response.ts';

/** A token and how long it is valid, as Resurs says it; null where it does not. */
export interface GrantedToken {
  readonly accessToken: string;
  readonly expiresInSeconds: number | null;
}

/** What a header can hold. */
const TOKEN = /^[\x21-\x7e]{1,16384}$/;

/** Parses the response to a request for a token. */
export function parseToken(text: string): ParseResult<GrantedToken> {
  const parsed = parseExactJson(text);
  const accessToken = matchingField(parsed, 'access_token', TOKEN);
  if (accessToken === null) return { outcome: 'unreadable', problem: 'has no access_token' };
  const expiresIn = field(parsed, 'expires_in');
  const seconds = expiresIn instanceof JsonNumber ? Number(expiresIn.text) : Number.parseFloat(String(expiresIn));
  return { outcome: 'read', value: { accessToken, expiresInSeconds: Number.isFinite(seconds) ? seconds : null } };
}
