/**
 * What a receiver's settings would have registered, for playing Resurs against a receiver that never talked to it. A derived
 * salt comes before a fixed one, because `register` derives whenever there is a key. Salts and keys stay in here and in the
 * request; nothing prints them.
 */
import { type BasicCredentials, placeholdersFor, type Registration } from '../protocol/ecom/registration.ts';
import { deriveSalt } from '../protocol/ecom/salts.ts';
import { type UrlForm, urlTemplate } from '../protocol/ecom/url-template.ts';
import type { SimulatedType } from './scenario.ts';

/** The secrets of a receiver, as `register` would use them. */
export interface SigningSecrets {
  readonly algorithm: 'sha1' | 'md5';
  /** The master key, or null when salts are fixed. */
  readonly key: string | null;
  /** The fixed salt of types that have none of their own. */
  readonly salt: string | null;
  readonly salts: Partial<Readonly<Record<SimulatedType, string>>>;
  /** `t` of the URLs: unix seconds, as text. */
  readonly registeredAt: string;
}

/** Where and how a receiver would have had itself registered. */
export interface AssumedRegistrations {
  readonly target: string;
  readonly form: UrlForm;
  readonly signing: SigningSecrets;
  readonly basic: BasicCredentials | null;
}

/** True when at least one type carries a digest. */
export function isSigned({ key, salt, salts }: SigningSecrets): boolean {
  return key !== null || salt !== null || Object.keys(salts).length > 0;
}

/** The salt registered for a type; null when its URL carries no digest. */
export function saltFor(signing: SigningSecrets, type: SimulatedType): string | null {
  if (signing.key !== null) return deriveSalt(signing.key, type, signing.registeredAt);
  return signing.salts[type] ?? signing.salt;
}

/** The registration of a type as the receiver's settings would have made it. */
export function assumedRegistration(type: SimulatedType, assumed: AssumedRegistrations): Registration {
  const { target, form, signing, basic } = assumed;
  const salt = saltFor(signing, type);
  const { algorithm, registeredAt } = signing;
  return {
    uriTemplate: urlTemplate(type, { target, form, registeredAt, signed: salt !== null }),
    digest: salt === null ? null : { algorithm, parameters: placeholdersFor(type), salt },
    basic,
  };
}
