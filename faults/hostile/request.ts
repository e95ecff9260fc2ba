/**
 * One hostile request: its bytes, what the sender does afterwards, and which outcomes are allowed. Texts are bytes
 * here: each character below 256 stands for one byte.
 */
import type { Random } from '../../src/lib/clock.ts';
import type { Endpoint } from './endpoint.ts';
import type { ExpectedEvent } from './expected-event.ts';

export interface HostileRequest {
  /** Written one after the other, each in its own packet. */
  readonly pieces: readonly string[];
  /**
   * `callback 406`: a response with the headers of a callback's response; `plain 404`: any other response; `closed`:
   * the connection ended without a response.
   */
  readonly allowed: readonly string[];
  /** The connection stays usable after the response, so other requests may be pipelined before and behind it. */
  readonly keepsOpen: boolean;
  /** The response has headers only, whatever they announce. */
  readonly isHead?: boolean;
  /** What the sender does after the last byte, instead of waiting with an open connection. */
  readonly ending?: 'half_close' | 'reset';
  /** The event that must be stored once the request is answered 204. */
  readonly expectedEvent?: ExpectedEvent;
}

export interface Attack {
  readonly name: string;
  /** How often it is drawn, relative to the others. */
  readonly weight: number;
  draw(random: Random, endpoint: Endpoint): HostileRequest;
}

/** The outcomes when Node's parser rejects the bytes: they are no request, so no route is ever called. */
export const REJECTED_BY_PARSER = ['plain 400', 'closed'];
/** The outcomes for a request head above Node's limit of 16 KiB. */
export const HEAD_TOO_LARGE = ['plain 431', 'plain 400', 'closed'];

export interface Head {
  readonly method?: string;
  readonly target: string;
  /** Complete lines, each with its line end. */
  readonly headers?: string;
  readonly version?: string;
}

/** Renders request line, headers, and the empty line. */
export function head({ method = 'GET', target, headers = '', version = 'HTTP/1.1' }: Head): string {
  return `${method} ${target} ${version}\r\nHost: receiver\r\n${headers}\r\n`;
}

/**
 * Makes a request for a target. If the target has bytes that are invalid in one, the parser may reject this request and
 * all that follow it.
 */
export function requestTo(request: Head, allowed: readonly string[]): HostileRequest {
  const pieces = [head(request)];
  if (/^[!-~]*$/.test(request.target)) return { pieces, allowed, keepsOpen: true };
  return { pieces, allowed: [...allowed, ...REJECTED_BY_PARSER], keepsOpen: false };
}

/** Renders a request with a body and its Content-Length. */
export function withBody(request: Head, body: string): string {
  return head({ ...request, headers: `${request.headers ?? ''}Content-Length: ${body.length}\r\n` }) + body;
}

/** Encodes UTF-8 as one character per byte. */
export function utf8AsLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Percent-encodes every byte. */
export function percentEncodeAll(bytes: string): string {
  return bytes.replace(/[\s\S]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
