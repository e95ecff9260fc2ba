/** `/actions`: who did what. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { apiError } from '../http/api-error.ts';
import type { ActionDetail } from '../operators/actions.ts';
import { listActions } from '../operators/list-actions.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse } from './error-responses.ts';
import { encodeCursor, PageQuery, parseCursor } from './requests.ts';
import { Next, Time } from './response-types.ts';

export const ActionsResponse = Type.Object(
  {
    actions: Type.Array(
      Type.Object({
        at: Time,
        action: Type.String({ description: 'Such as payment.erased' }),
        by: Type.String({ description: 'The header x-operator of the request, else the name of the token' }),
        detail: Type.Unsafe<ActionDetail>({
          type: 'object',
          additionalProperties: true,
          description: 'Ids and counts',
        }),
      }),
    ),
    next: Next,
  },
  { description: 'One page of what operators did, newest first, over all replicas' },
);

const DEFAULT_LIMIT = 50;

export const actionRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { db }) => {
  const schema = {
    operationId: 'listActions',
    summary: 'Lists what operators did, newest first',
    querystring: PageQuery,
    response: { 200: ActionsResponse, 400: BadRequestResponse },
  };
  app.get('/actions', { schema }, async ({ query }, reply) => {
    const before = parseCursor(query.cursor);
    if (before === null) return reply.code(400).send(NO_CURSOR);
    const page = await listActions(db, before ?? null, query.limit ?? DEFAULT_LIMIT);
    const actions = page.actions.map(({ at, action, by, detail }) => ({ at, action, by, detail }));
    return { actions, next: page.next === null ? null : encodeCursor(page.next) };
  });
};

/** The refusal of a cursor. */
export const NO_CURSOR = apiError('bad_request', 'querystring/cursor is not a cursor of an earlier response');
