/**
 * The TEST callbacks that the checks send through the public URL. They have the very form in which templates are
 * registered, so that what passes here passes for Resurs. The receiver accepts a TEST without a digest and stores
 * nothing, unless Basic credentials are configured. Then it is an event like any other, marked by `doctor` in its first
 * value.
 */
import type { Config } from '../../config/settings.ts';
import { computeDigest } from '../../protocol/ecom/digest.ts';
import { basicHeader, placeholdersFor } from '../../protocol/ecom/registration.ts';
import { createDigestPolicy, type DigestSettings, deriveSalt, fixedSaltsFor } from '../../protocol/ecom/salts.ts';
import { fillTemplate, type UrlForm, urlTemplate } from '../../protocol/ecom/url-template.ts';
import { callbackCredentials, digestAlgorithm } from '../../registrations/desired.ts';
import type { ProbeRequest } from './http.ts';

/** Resurs calls as a Java client and as a browser (docs/protocol.md); the exact strings are ours. */
export const JAVA_USER_AGENT = 'Java/21.0.2';
export const BROWSER_USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0';

/** Five values of a TEST without special characters. */
const PLAIN_VALUES = ['doctor', '2', '3', '4', '5'] as const;

/** The body of a BOOKED. */
const BODY = '{"addedPaymentSpecificationLines":[]}';

export interface TestCallback {
  readonly method: 'GET' | 'POST';
  readonly values: readonly string[];
  /** Null: without one. */
  readonly digest: string | null;
  readonly form: UrlForm;
  readonly userAgent: string;
  /** The value of `Authorization`, or null. */
  readonly authorization: string | null;
  /** The value of `X-Forwarded-For` as a stranger would forge it, or null. */
  readonly forwardedFor: string | null;
}

/** A GET with plain values from a browser, in the query form, with the configured credentials. */
export function plainTest(config: Pick<Config, 'BASIC_AUTH_USERNAME' | 'BASIC_AUTH_PASSWORD'>): TestCallback {
  const basic = callbackCredentials(config);
  return {
    method: 'GET',
    values: PLAIN_VALUES,
    digest: null,
    form: 'query',
    userAgent: BROWSER_USER_AGENT,
    authorization: basic === null ? null : basicHeader(basic),
    forwardedFor: null,
  };
}

/** Renders the request of a TEST. `registeredAt`: `t`, unix seconds as text. */
export function testRequest(callbackUrl: string, registeredAt: string, test: TestCallback): ProbeRequest {
  const { method, values, digest, form, userAgent, authorization, forwardedFor } = test;
  const template = urlTemplate('TEST', { target: callbackUrl, form, registeredAt, signed: digest !== null });
  const templateValues = new Map(placeholdersFor('TEST').map((name, n) => [name, values[n] ?? '']));
  templateValues.set('digest', digest ?? '');
  const url = fillTemplate(template, templateValues);
  const isPost = method === 'POST';
  return {
    method,
    target: url.slice(new URL(callbackUrl).origin.length),
    headers: {
      'user-agent': userAgent,
      ...(authorization === null ? {} : { authorization }),
      ...(forwardedFor === null ? {} : { 'x-forwarded-for': forwardedFor }),
      ...(isPost ? { 'content-type': 'application/json' } : {}),
    },
    body: isPost ? BODY : null,
  };
}

/** Returns `t` of a registration made now. */
export function registrationTimeNow(nowMs: number): string {
  return String(Math.floor(nowMs / 1_000));
}

/** Computes the digest over the five values of a TEST. Digests go into requests and nowhere else. */
export type Signer = (values: readonly string[]) => string;

/**
 * Returns a signer that signs a TEST as Resurs would after a registration made now. It uses the salt derived from
 * DIGEST_KEY, else a fixed salt of TEST. Null when the settings have neither. `registeredAt`: `t` of the URL, unix
 * seconds as text.
 */
export function signerFor(config: DigestSettings, registeredAt: string): Signer | null {
  const { DIGEST_KEY, DIGEST_VALID_FROM } = config;
  const isDerivable = DIGEST_KEY !== null && Number(registeredAt) >= (DIGEST_VALID_FROM ?? 0);
  const salt = isDerivable
    ? deriveSalt(DIGEST_KEY, 'TEST', registeredAt)
    : fixedSaltsFor('TEST', createDigestPolicy(config))[0];
  return salt === undefined ? null : (values) => computeDigest(digestAlgorithm(config), values.join(''), salt);
}

/** The request as findings mention it. */
export interface ProbeInfo {
  readonly method: 'GET' | 'POST';
  /** Without a query. */
  readonly callbackUrl: string;
  readonly hasCredentials: boolean;
  /** Present when the site has several. */
  readonly address?: string;
}

/** Formats the request in a few words. */
export function describeProbe({ method, callbackUrl, address }: ProbeInfo): string {
  return `${method} ${callbackUrl}${address === undefined ? '' : ` at ${address}`}`;
}
