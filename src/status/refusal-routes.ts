/** `/refusals`: callbacks that this process refused lately. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { StatusContext } from './context.ts';
import { RefusalsResponse } from './responses.ts';

export const refusalRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { refusals }) => {
  const schema = {
    operationId: 'listRefusals',
    summary: 'Lists the last callbacks that this process refused',
    response: { 200: RefusalsResponse },
  };
  app.get('/refusals', { schema }, async () => ({ refusals: [...refusals.list()] }));
};
