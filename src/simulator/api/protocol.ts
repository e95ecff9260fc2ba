/**
 * What the two interfaces of the stand-in have in common: each turns an HTTP request into a question, and what came of
 * the question into an answer. Neither knows what is held, nor who may ask.
 */
import type { DigestRule } from '../../protocol/ecom/registration.ts';
import type { Operation } from './quirks.ts';
import type { ApiOperation, OperationResult } from './registry.ts';
import type { XmlPrefixes } from './soap-responses.ts';

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
export interface ApiResponse {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** A request that was read. `refused`: it is no question at all, or a malformed one. */
export type Decoded =
  | { readonly outcome: 'asked'; readonly asked: ApiOperation }
  | {
      readonly outcome: 'refused';
      readonly operation: Operation;
      readonly type: string | null;
      readonly reply: ApiResponse;
      readonly note: string;
    };

/** One interface. */
export interface ApiProtocol {
  /** `prefixes` of the answer matter to XML alone, here and below. */
  decode(request: ApiRequest, prefixes: XmlPrefixes): Decoded;
  answer(asked: ApiOperation, decision: OperationResult, prefixes: XmlPrefixes): ApiResponse;
  /** An error of Resurs' own. */
  serverError(prefixes: XmlPrefixes): ApiResponse;
  /** Without `WWW-Authenticate`: credentials have to come unasked. */
  unauthorised(): ApiResponse;
}

/** A page as proxies and login forms send it where a program expects an answer. */
export function htmlPage(status: number, title: string): ApiResponse {
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><hr></body></html>\n`;
  return { status, contentType: 'text/html; charset=utf-8', body };
}

/** The two names of algorithms that both interfaces know; null for any other. */
export function parseAlgorithm(name: string | null): DigestRule['algorithm'] | null {
  if (name === 'SHA1') return 'sha1';
  return name === 'MD5' ? 'md5' : null;
}
