/**
 * One hostile request as it is thrown: its bytes, what the sender does afterwards, and which outcomes are right. Texts
 * are bytes here: each character below 256 stands for one.
 */
import type { Random } from '../../src/lib/clock.ts';
import type { Door } from './endpoint.ts';
import type { Fact } from './expected-event.ts';

export interface Shot {
  /** Written one after the other, each as a piece of its own on the wire. */
  readonly pieces: readonly string[];
  /**
   * `callback 406`: an answer with the headers of a callback's answer; `plain 404`: any other answer; `closed`: the
   * connection ended without one.
   */
  readonly allowed: readonly string[];
  /** Answered as a whole, after which the connection can be used on: others may be pipelined before and behind it. */
  readonly keepsOpen: boolean;
  /** The answer has headers only, whatever they announce. */
  readonly isHead?: boolean;
  /** What the sender does after the last byte, instead of waiting with an open connection. */
  readonly ending?: 'half_close' | 'reset';
  /** What must be stored, exactly so, once it is answered 204. */
  readonly fact?: Fact;
}

export interface Kind {
  readonly name: string;
  /** How often it is drawn, compared with the others. */
  readonly weight: number;
  draw(random: Random, door: Door): Shot;
}

/** What Node's parser answers by itself, or only hangs up: the bytes are no request, so that no route is ever asked. */
export const NO_REQUEST = ['plain 400', 'closed'];
/** The same for a head beyond Node's 16 KiB. */
export const HEAD_TOO_LARGE = ['plain 431', 'plain 400', 'closed'];

export interface Head {
  readonly method?: string;
  readonly target: string;
  /** Whole lines, each with its end. */
  readonly headers?: string;
  readonly version?: string;
}

/** Request line, headers, and the empty line. */
export function head({ method = 'GET', target, headers = '', version = 'HTTP/1.1' }: Head): string {
  return `${method} ${target} ${version}\r\nHost: receiver\r\n${headers}\r\n`;
}

/**
 * A request by its target, which may hold bytes that no target has: then the parser may refuse it, and all behind it.
 */
export function byTarget({ target, headers = '' }: Head, allowed: readonly string[]): Shot {
  const pieces = [head({ target, headers })];
  if (/^[!-~]*$/.test(target)) return { pieces, allowed, keepsOpen: true };
  return { pieces, allowed: [...allowed, ...NO_REQUEST], keepsOpen: false };
}

/** A header line for the length, the empty line and the body; for `headers` of a request without its last line. */
export function withBody(request: Head, body: string): string {
  return head({ ...request, headers: `${request.headers ?? ''}Content-Length: ${body.length}\r\n` }) + body;
}

/** UTF-8 as one character per byte. */
export function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Every byte as an escape. */
export function escaped(bytes: string): string {
  return bytes.replace(/[\s\S]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
