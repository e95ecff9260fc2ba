/**
 * Builds the URL of one call from a registration, as Resurs does: placeholders replaced by values, and the digest over
 * the registered parameters with the registered salt. Which parameters a type should sign does not matter here: Resurs
 * knows only what was registered.
 */
import { computeDigest } from '../protocol/ecom/digest.ts';
import type { DigestRule, Registration } from '../protocol/ecom/registration.ts';
import { fillTemplate } from '../protocol/ecom/url-template.ts';

/** The values of the placeholders in one call, by name without braces; null for a value that the call does not have. */
export type TemplateValues = ReadonlyMap<string, string | null>;

/**
 * Returns the URL that Resurs calls. Each `{name}` is replaced by its value, percent-encoded; one without a value
 * becomes empty. Whether Resurs encodes is not documented; HTTP requires it. `tamper` changes the digest before it is
 * filled in.
 */
export function callUrl(
  { uriTemplate, digest: rule }: Pick<Registration, 'uriTemplate' | 'digest'>,
  values: TemplateValues,
  tamper: (digest: string) => string = (digest) => digest,
): string {
  const filled = new Map(values);
  if (rule !== null) filled.set('digest', tamper(registeredDigest(rule, values)));
  return fillTemplate(uriTemplate, filled);
}

/** Upper-case hex over the values of the registered parameters, in registered order. Missing ones count as empty. */
function registeredDigest({ algorithm, parameters, salt }: DigestRule, values: TemplateValues): string {
  return computeDigest(algorithm, parameters.map((name) => values.get(name) ?? '').join(''), salt);
}

/** Returns a digest that differs from the right one in its first digit only. */
export function corruptDigest(digest: string): string {
  return (digest.startsWith('0') ? '1' : '0') + digest.slice(1);
}
