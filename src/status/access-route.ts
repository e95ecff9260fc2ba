/** `GET /access`: what the token of the request may do, so that a page offers nothing that it would be refused. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { StatusContext } from './context.ts';

export const AccessResponse = Type.Object(
  {
    access: Type.Enum(['write', 'read'], {
      description: 'write: STATUS_TOKEN or STATUS_TOKEN_PREVIOUS; read: STATUS_READ_TOKEN, for GET alone',
    }),
  },
  { description: 'What the token allows' },
);

const GET = {
  operationId: 'getAccess',
  summary: 'Tells what the token may do',
  response: { 200: AccessResponse },
};

export const accessRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, { checkAccess }) => {
  app.get('/access', { schema: GET }, async (request, reply) => {
    // Two tokens get two answers at the same URL.
    reply.header('cache-control', 'no-store');
    const checked = checkAccess(request);
    return { access: checked.outcome === 'allowed' ? checked.access : ('read' as const) };
  });
};
