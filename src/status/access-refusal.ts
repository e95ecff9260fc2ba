/** The responses to requests that their token does not allow. */
import type { FastifyReply } from 'fastify';
import { apiError } from '../http/api-error.ts';
import type { Access } from './access.ts';

/** Answers a request that is not allowed; does nothing with one that is. */
export async function refuse(reply: FastifyReply, access: Access): Promise<FastifyReply | undefined> {
  switch (access.outcome) {
    case 'allowed':
      return undefined;
    case 'missing':
    case 'wrong': {
      const error = apiError('unauthorized', 'The bearer token is missing or wrong.');
      return reply.header('www-authenticate', 'Bearer').code(401).send(error);
    }
    case 'slowed': {
      const error = apiError('too_many_tokens', 'Too many wrong tokens came from this address.');
      return reply
        .header('retry-after', Math.ceil(access.waitMs / 1000))
        .code(429)
        .send(error);
    }
    case 'forbidden':
      return reply.code(403).send(apiError('forbidden', 'STATUS_READ_TOKEN may only read; this needs STATUS_TOKEN.'));
  }
}
