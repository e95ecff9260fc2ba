/**
 * What the two interfaces of the stand-in have in common: each turns an HTTP request into a question, and what came of
 * the question into an answer. Neither knows what is held, nor who may ask.
 */
import type { DigestRule } from '../resurs/registration.ts';
import type { Asked, Decision } from './desk.ts';
import type { Operation } from './quirks.ts';
import type { Prefixes } from './soap-answer.ts';

/** A request after its last byte. */
export interface ApiRequest {
  readonly method: string;
  /** Without the query; below the base of the interface, with a slash in front. */
  readonly path: string;
  /** The media type in lower case without parameters; empty when none was sent. */
  readonly contentType: string;
  /** The header `SOAPAction`; null when none was sent. */
  readonly soapAction: string | null;
  readonly body: string;
}

/** An answer; without a content type there is no body either. */
export interface Reply {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** A request that was read. `refused`: it is no question at all, or a malformed one. */
export type Understood =
  | { readonly outcome: 'asked'; readonly asked: Asked }
  | {
      readonly outcome: 'refused';
      readonly operation: Operation;
      readonly type: string | null;
      readonly reply: Reply;
      readonly note: string;
    };

/** One interface. */
export interface Dialect {
  /** `prefixes` of the answer matter to XML alone, here and below. */
  understand(request: ApiRequest, prefixes: Prefixes): Understood;
  answer(asked: Asked, decision: Decision, prefixes: Prefixes): Reply;
  /** An error of Resurs' own. */
  serverError(prefixes: Prefixes): Reply;
  /** Without `WWW-Authenticate`: credentials have to come unasked. */
  unauthorised(): Reply;
}

/** A page as proxies and login forms send it where a program expects an answer. */
export function htmlPage(status: number, title: string): Reply {
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><hr></body></html>\n`;
  return { status, contentType: 'text/html; charset=utf-8', body };
}

/** The two names of algorithms that both interfaces know; null for any other. */
export function algorithmNamed(name: string | null): DigestRule['algorithm'] | null {
  if (name === 'SHA1') return 'sha1';
  return name === 'MD5' ? 'md5' : null;
}
