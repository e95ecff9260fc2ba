/**
 * The registration that `register` would make from a receiver's settings, for simulating Resurs against a receiver that
 * never registered. A derived salt takes precedence over a fixed one, because `register` derives whenever there is a
 * key. Salts and keys stay in here and in the request; nothing prints them.
 */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { type BasicCredentials, placeholdersFor, type Registration } from '../protocol/ecom/registration.ts';
import { deriveSalt } from '../protocol/ecom/salts.ts';
import { type UrlForm, urlTemplate } from '../protocol/ecom/url-template.ts';

/** The secrets of a receiver, as `register` would use them. */
export interface SigningSecrets {
  readonly algorithm: 'sha1' | 'md5';
  /** The master key, or null when salts are fixed. */
  readonly key: string | null;
  /** The fixed salt of types without one of their own. */
  readonly salt: string | null;
  readonly salts: Partial<Readonly<Record<CallbackType, string>>>;
  /** `t` of the URLs: unix seconds, as text. */
  readonly registeredAt: string;
}

/** Where and how a receiver would be registered. */
export interface AssumedRegistrations {
  readonly target: string;
  readonly form: UrlForm;
  readonly signing: SigningSecrets;
  readonly basic: BasicCredentials | null;
}

/** Returns the salt registered for a type; null when its URL carries no digest. */
export function saltFor(signing: SigningSecrets, type: CallbackType): string | null {
  if (signing.key !== null) return deriveSalt(signing.key, type, signing.registeredAt);
  return signing.salts[type] ?? signing.salt;
}

/** Returns the registration of a type that the receiver's settings would make. */
export function assumedRegistration(type: CallbackType, assumed: AssumedRegistrations): Registration {
  const { target, form, signing, basic } = assumed;
  const salt = saltFor(signing, type);
  const { algorithm, registeredAt } = signing;
  return {
    uriTemplate: urlTemplate(type, { target, form, registeredAt, signed: salt !== null }),
    digest: salt === null ? null : { algorithm, parameters: placeholdersFor(type), salt },
    basic,
  };
}
