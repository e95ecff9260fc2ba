/** `POST /webhook/probe`: the webhook is up again, says an operator, so it is tried now and not in up to a minute. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { apiError } from '../http/api-error.ts';
import type { StatusContext } from './context.ts';
import { errorResponse } from './error-responses.ts';
import { renderWebhook } from './overview.ts';
import { WebhookProbeResponse } from './responses.ts';

const PROBE = {
  operationId: 'probeWebhook',
  summary: 'Probes a webhook that is down at once',
  response: { 202: WebhookProbeResponse, 409: errorResponse('The webhook is not down') },
};

export const webhookRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  app.post('/webhook/probe', { schema: PROBE }, async (_request, reply) => {
    if (await options.probeWebhook()) return reply.code(202).send({ webhook: renderWebhook(options) });
    const why = options.webhookHealth === null ? 'No webhook is configured' : 'The webhook is not down';
    return reply.code(409).send(apiError('not_down', `${why}, so there is nothing to probe.`));
  });
};
