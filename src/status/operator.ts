/** Who asks for what the status API changes. */
import type { FastifyRequest } from 'fastify';

const TOKEN_NAME = 'STATUS_TOKEN';
const OPERATOR = /^\P{Cc}{1,64}$/u;

/**
 * Returns who asks: the text of `x-operator`, else the name of the token that may change something. A header that is
 * longer than 64 characters, or has a control character, counts as missing.
 */
export function operatorOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const given = headers['x-operator'];
  if (typeof given !== 'string') return TOKEN_NAME;
  const operator = decode(given).trim();
  return OPERATOR.test(operator) ? operator : TOKEN_NAME;
}

/** Node gives each byte of a header as one character. Most clients send UTF-8, some ISO-8859-1. */
function decode(header: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(header, 'latin1'));
  } catch {
    return header;
  }
}
