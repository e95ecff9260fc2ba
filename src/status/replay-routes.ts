/** `POST /events/{id}/replay`: replays the delivery of one event. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type ReplayResult, replayDelivery } from '../deliveries/replay.ts';
import { parsePublicId } from '../events/public-id.ts';
import { apiError } from '../http/api-error.ts';
import { errorSummary } from '../lib/errors.ts';
import { recordAction } from '../operators/actions.ts';
import type { StatusContext } from './context.ts';
import { errorResponse } from './error-responses.ts';
import { EventDetailResponse } from './event-responses.ts';
import { EVENT_NOT_FOUND, loadEventDetail } from './event-routes.ts';
import { operatorOf } from './operator.ts';
import { summarizeReplay } from './replay-summary.ts';
import { EventParams } from './requests.ts';

const REPLAY_EVENT = {
  operationId: 'replayEvent',
  summary: 'Delivers an event again',
  params: EventParams,
  response: {
    202: EventDetailResponse,
    404: errorResponse('No such event is stored'),
    409: errorResponse('The event has no delivery, or it is not finished'),
  },
};

export const replayEventRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  app.post('/events/:id/replay', { schema: REPLAY_EVENT }, async (request, reply) => {
    const id = parsePublicId(request.params.id);
    const replayed: ReplayResult = id === null ? 'absent' : await replayDelivery(options.db, id);
    switch (replayed) {
      case 'absent':
        return reply.code(404).send(EVENT_NOT_FOUND);
      case 'undeliverable':
        return reply.code(409).send(apiError('no_delivery', 'This event is not forwarded, so it has no delivery.'));
      case 'unfinished':
        return reply
          .code(409)
          .send(apiError('unfinished', 'This event is still being delivered, so there is nothing to replay.'));
      case 'replayed':
        break;
    }
    options.wakeDispatchers();
    await noteReplay(options, request.params.id, operatorOf(request));
    const event = await loadEventDetail(options, id, { summarize: summarizeReplay });
    if (event === null) return reply.code(404).send(EVENT_NOT_FOUND);
    return reply.code(202).type('application/json').send(event);
  });
};

/** It is replayed already, so a failure to note it must not look like one of the replay. */
async function noteReplay({ db, logger }: StatusContext, id: string, operator: string): Promise<void> {
  const action = { action: 'event.replayed', operator, detail: { id } } as const;
  await recordAction(db, action).catch((error: unknown) => {
    logger.warn({ event: 'action.not_recorded', action: action.action, reason: errorSummary(error) });
  });
}
