/** Who asks for what the status API changes. */
import type { FastifyRequest } from 'fastify';

const TOKEN_NAME = 'STATUS_TOKEN';
/** Header values are bytes; these are the printable ones of ASCII. */
const OPERATOR = /^[\x20-\x7e]{1,64}$/;

/** Returns who asks, as he says it in `x-operator`; else the name of the token: no other one may change anything. */
export function operatorOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const operator = headers['x-operator'];
  return typeof operator === 'string' && OPERATOR.test(operator) ? operator : TOKEN_NAME;
}
