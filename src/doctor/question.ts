/**
 * The TEST callbacks that the checks send through the public URL: in the very form in which templates are registered, so that
 * what passes here passes for Resurs. Without a digest the receiver takes a TEST and stores nothing, unless Basic
 * credentials are configured: then it is an event like any other, told by `doctor` in its first value.
 */
import type { Config } from '../config/settings.ts';
import { basicHeader, placeholdersOf } from '../resurs/registration.ts';
import { fillTemplate, templateFor, type UrlForm } from '../resurs/template.ts';
import { basicOf } from '../resurs/wish.ts';
import type { Question } from './probe.ts';

/** Resurs calls as a Java client and as a browser (docs/protocol.md); the exact words are ours. */
export const JAVA = 'Java/21.0.2';
export const BROWSER =
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
  const basic = basicOf(config);
  return {
    method: 'GET',
    values: PLAIN_VALUES,
    digest: null,
    form: 'query',
    userAgent: BROWSER,
    authorization: basic === null ? null : basicHeader(basic),
  };
}

/** The request for a TEST. `registeredAt`: `t`, unix seconds as text. */
export function questionFor(callbackUrl: string, registeredAt: string, test: TestCallback): Question {
  const { method, values, digest, form, userAgent, authorization } = test;
  const template = templateFor('TEST', { target: callbackUrl, form, registeredAt, signed: digest !== null });
  const facts = new Map(placeholdersOf('TEST').map((name, n) => [name, values[n] ?? '']));
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
export function registeredNow(nowMs: number): string {
  return String(Math.floor(nowMs / 1_000));
}
