/**
 * How Resurs makes the URL of one call from a registration: placeholders replaced by values, and the digest over the registered
 * parameters with the registered salt. What the type says should be signed does not matter here: Resurs knows only what
 * was registered.
 */
import { computeDigest } from '../protocol/ecom/digest.ts';
import type { DigestRule, Registration } from '../protocol/ecom/registration.ts';
import { fillTemplate } from '../protocol/ecom/url-template.ts';

/** The values that placeholders stand for in one call, by name without braces; null for what the call does not have. */
export type TemplateValues = ReadonlyMap<string, string | null>;

/**
 * The URL that Resurs calls: each `{name}` is replaced by its value, percent-encoded; one without a value becomes empty. Whether
 * Resurs encodes is documented nowhere; this is what HTTP demands. `tamper` gets the digest before it goes in.
 */
export function callUrl(
  { uriTemplate, digest: rule }: Pick<Registration, 'uriTemplate' | 'digest'>,
  facts: TemplateValues,
  tamper: (digest: string) => string = (digest) => digest,
): string {
  const values = new Map(facts);
  if (rule !== null) values.set('digest', tamper(registeredDigest(rule, facts)));
  return fillTemplate(uriTemplate, values);
}

/** Upper-case hex over the values of the registered parameters, in registered order. Missing ones count as empty. */
function registeredDigest({ algorithm, parameters, salt }: DigestRule, facts: TemplateValues): string {
  return computeDigest(algorithm, parameters.map((name) => facts.get(name) ?? '').join(''), salt);
}

/** A digest that differs from the right one in its first digit only. */
export function corruptDigest(digest: string): string {
  return (digest.startsWith('0') ? '1' : '0') + digest.slice(1);
}
