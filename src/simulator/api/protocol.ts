/**
 * The protocol of an interface of the fake Resurs: it decodes an HTTP request to an operation, and encodes the result
 * of the operation as a response. Neither interface knows what is registered or which credentials are right.
 */
import type { DigestRule } from '../../protocol/ecom/registration.ts';
import type { Operation } from './quirks.ts';
import type { EcomOperation, OperationResult } from './registry.ts';
import type { XmlPrefixes } from './soap-responses.ts';

/** A request that was read to its end. */
export interface ApiRequest {
  readonly method: string;
  /** Without the query; below the base of the interface, with a leading slash. */
  readonly path: string;
  /** The media type in lower case without parameters; empty when none was sent. */
  readonly contentType: string;
  /** The header `SOAPAction`; null when none was sent. */
  readonly soapAction: string | null;
  readonly body: string;
}

/** A response; without a content type it has no body either. */
export interface ApiResponse {
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
  /** Beside those of the content. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A decoded request. `refused`: it asks for no operation, or is malformed. */
export type Decoded =
  | { readonly outcome: 'decoded'; readonly operation: EcomOperation }
  | {
      readonly outcome: 'refused';
      readonly operation: Operation;
      readonly type: string | null;
      readonly response: ApiResponse;
      readonly note: string;
    };

/** One interface. */
export interface ApiProtocol {
  /** Only XML uses the `prefixes` of the response, here and below. */
  decode(request: ApiRequest, prefixes: XmlPrefixes): Decoded;
  respond(operation: EcomOperation, result: OperationResult, prefixes: XmlPrefixes): ApiResponse;
  /** An internal error of Resurs. */
  serverError(prefixes: XmlPrefixes): ApiResponse;
  /** Without `WWW-Authenticate`: clients must send credentials without a challenge. */
  unauthorised(): ApiResponse;
}

/** A page as proxies and login forms send it instead of the interface's response. */
export function htmlPage(status: number, title: string): ApiResponse {
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><hr></body></html>\n`;
  return { status, contentType: 'text/html; charset=utf-8', body };
}

/** Parses the two names of algorithms that both interfaces know; null for any other. */
export function parseAlgorithm(name: string | null): DigestRule['algorithm'] | null {
  if (name === 'SHA1') return 'sha1';
  return name === 'MD5' ? 'md5' : null;
}
