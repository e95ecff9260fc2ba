/**
 * The TEST callbacks that the checks send through the public URL: in the very form in which templates are registered, so that
 * what passes here passes for Resurs. Without a digest the receiver takes a TEST and stores nothing, unless Basic
 * credentials are configured: then it is an event like any other, told by `doctor` in its first value.
 */
import type { Config } from '../../config/settings.ts';
import { basicHeader, placeholdersFor } from '../../protocol/ecom/registration.ts';
import { fillTemplate, type UrlForm, urlTemplate } from '../../protocol/ecom/url-template.ts';
import { callbackCredentials } from '../../registrations/desired.ts';
import type { ProbeRequest } from './http.ts';

/** Resurs calls as a Java client and as a browser (docs/protocol.md); the exact words are ours. */
export const JAVA_USER_AGENT = 'Java/21.0.2';
export const BROWSER_USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0';

/** The five values of a TEST that need no care on the way. */
export const PLAIN_VALUES = ['doctor', '2', '3', '4', '5'] as const;

/** As a BOOKED brings it. */
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
  };
}

/** The request for a TEST. `registeredAt`: `t`, unix seconds as text. */
export function testRequest(callbackUrl: string, registeredAt: string, test: TestCallback): ProbeRequest {
  const { method, values, digest, form, userAgent, authorization } = test;
  const template = urlTemplate('TEST', { target: callbackUrl, form, registeredAt, signed: digest !== null });
  const facts = new Map(placeholdersFor('TEST').map((name, n) => [name, values[n] ?? '']));
  facts.set('digest', digest ?? '');
  const url = fillTemplate(template, facts);
  const isPost = method === 'POST';
  return {
    method,
    target: url.slice(new URL(callbackUrl).origin.length),
    headers: {
      'user-agent': userAgent,
      ...(authorization === null ? {} : { authorization }),
      ...(isPost ? { 'content-type': 'application/json' } : {}),
    },
    body: isPost ? BODY : null,
  };
}

/** `t` of a registration made now. */
export function registrationTimeNow(nowMs: number): string {
  return String(Math.floor(nowMs / 1_000));
}

/** What was asked, for the words of a finding. */
export interface ProbeInfo {
  readonly method: 'GET' | 'POST';
  /** Without a query. */
  readonly callbackUrl: string;
  readonly hasCredentials: boolean;
  /** Where there are several. */
  readonly address?: string;
}

/** The request in a few words. */
export function describeProbe({ method, callbackUrl, address }: ProbeInfo): string {
  return `${method} ${callbackUrl}${address === undefined ? '' : ` at ${address}`}`;
}
