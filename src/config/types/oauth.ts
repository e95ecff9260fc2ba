/** Types of the settings of an OAuth account: client id and scope; and the id of a store. */
import { matching, type SettingType } from './basic.ts';

/** A client id: printable ASCII (RFC 6749, appendix A). */
export function clientId(): SettingType<string> {
  return matching('the client id, as Resurs gave it', {
    pattern: /^[\x21-\x7e]{1,1024}$/,
    problem: 'has spaces, control or non-ASCII characters, or is longer than 1024 characters',
  });
}

/** One or more scopes, separated by a space (RFC 6749, section 3.3). */
export function oauthScope(): SettingType<string> {
  return matching('a scope such as merchant-api', {
    pattern: /^(?=.{1,256}$)[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/,
    problem: 'is no OAuth scope',
  });
}

/** The id of a store. */
export function storeId(): SettingType<string> {
  return matching('the id of a store, a UUID', {
    pattern: /^[A-Za-z0-9-]{1,64}$/,
    problem: 'has characters other than letters, digits and -, or more than 64 of them',
  });
}
