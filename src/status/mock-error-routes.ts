/** `/mock-error`: the error that the next callbacks get on purpose. The routes exist only with MOCK_ERRORS=true. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { MockErrors } from '../callbacks/mock-errors.ts';
import type { Database } from '../db/client.ts';
import { apiError } from '../http/api-error.ts';
import { recordAction } from '../operators/actions.ts';
import { errorResponse, withBodyErrors } from './error-responses.ts';
import { operatorOf } from './operator.ts';
import { MockErrorBody } from './requests.ts';
import { MockErrorResponse } from './responses.ts';

interface MockErrorRoutesOptions {
  readonly mockErrors: MockErrors;
  readonly db: Database;
}

/** The route with a body. */
export const setMockErrorRoute: FastifyPluginAsyncTypebox<MockErrorRoutesOptions> = async (app, { mockErrors, db }) => {
  const schema = {
    operationId: 'setMockError',
    summary: 'Makes the next callbacks fail with an error of your choice',
    body: MockErrorBody,
    response: withBodyErrors({ 200: MockErrorResponse }),
  };
  app.put('/mock-error', { schema }, async (request) => {
    const { body } = request;
    const mock = { ...body, callback: body.callback?.toUpperCase() ?? null };
    const { callback, code, times } = mock;
    // Recorded first: nothing fails on purpose without a trace of who wanted it.
    await recordAction(db, {
      action: 'mock_error.set',
      operator: operatorOf(request),
      detail: { callback, code, times },
    });
    mockErrors.set(mock);
    return mock;
  });
};

/** The routes without a body. */
export const mockErrorRoutes: FastifyPluginAsyncTypebox<MockErrorRoutesOptions> = async (app, { mockErrors, db }) => {
  const get = {
    operationId: 'getMockError',
    summary: 'Shows the error that the next callbacks get, and how many of them',
    response: { 200: MockErrorResponse, 404: errorResponse('No callback gets a mocked error') },
  };
  app.get('/mock-error', { schema: get }, async (_request, reply) => {
    const mock = mockErrors.current();
    return mock ?? reply.code(404).send(apiError('not_found', 'No callback gets a mocked error.'));
  });

  const remove = {
    operationId: 'deleteMockError',
    summary: 'Ends the mocked error',
    response: { 204: Type.Null({ description: 'No callback gets a mocked error now.' }) },
  };
  app.delete('/mock-error', { schema: remove }, async (request, reply) => {
    const wasSet = mockErrors.current() !== null;
    // Cleared first: it has to end even if the database is away.
    mockErrors.clear();
    if (wasSet) await recordAction(db, { action: 'mock_error.removed', operator: operatorOf(request), detail: {} });
    return reply.code(204).send(null);
  });
};
