/** Replays: one delivery, or all that match a filter. */
import { setTimeout } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { countReplayable, type ReplayResult, replayDelivery, replayMatching } from '../deliveries/replay.ts';
import { NARROWING_FIELDS, parseReplayRequest } from '../deliveries/replay-request.ts';
import { apiError } from '../http/api-error.ts';
import { errorSummary } from '../lib/errors.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse, errorResponse, withBodyErrors } from './error-responses.ts';
import { EventDetailResponse } from './event-responses.ts';
import { EVENT_NOT_FOUND, loadEventDetail } from './event-routes.ts';
import { summarizeDryRun, summarizeReplay, summarizeReplays } from './replay-summary.ts';
import { EventParams, parsePublicId, ReplaysBody } from './requests.ts';
import { CountResponse, ReplayRefusedResponse } from './responses.ts';

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
const REPLAY_MATCHING = {
  operationId: 'replayEvents',
  summary: 'Delivers all finished events again that match',
  body: ReplaysBody,
  response: withBodyErrors({ 202: CountResponse, 400: BadRequestResponse, 503: ReplayRefusedResponse }),
};

/** `POST /events/{id}/replay`: one event. */
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
    options.wakeDispatcher();
    const event = await loadEventDetail(options, id, summarizeReplay);
    if (event === null) return reply.code(404).send(EVENT_NOT_FOUND);
    return reply.code(202).type('application/json').send(event);
  });
};

/** `POST /replays`: all that match. */
export const replayMatchingRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  app.post('/replays', { schema: REPLAY_MATCHING, preValidation: refuseOtherTypes }, async (request, reply) => {
    const { dryRun = false, ...filter } = request.body;
    const read = parseReplayRequest(filter);
    if (read.outcome === 'refused') {
      return reply.code(400).send(apiError('bad_request', `body/${read.field} ${read.problem}`));
    }
    if (read.outcome === 'too_wide') {
      const needed = `body must have at least one of ${NARROWING_FIELDS.join(', ')}`;
      return reply.code(400).send(apiError('bad_request', needed));
    }
    if (dryRun) {
      const counted = await countReplayable(options.db, read.filter, options.clock);
      const { count, atLeast } = counted;
      return reply.code(202).send({ count, ...(atLeast ? { atLeast } : {}), summary: summarizeDryRun(counted) });
    }
    const onStep = options.wakeDispatcher;
    const { count, failed, error } = await replayMatching(options.db, read.filter, { sleep: setTimeout, onStep });
    const summary = summarizeReplays({ count, failed });
    if (error === null) return reply.code(202).send({ count, ...(failed > 0 ? { failed } : {}), summary });
    const message = `The database failed (${errorSummary(error)}). Send the request again for the rest.`;
    return reply.code(503).send({ ...apiError('unfinished', message), count, failed, summary });
  });
};

/**
 * Rejects other JSON types, because Fastify turns null into false and 7 into "7" before it validates, and a replay must
 * be exactly the requested one.
 */
async function refuseOtherTypes({ body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (typeof body !== 'object' || body === null) return undefined;
  for (const [name, value] of Object.entries(body)) {
    const expected = name === 'dryRun' ? 'boolean' : 'string';
    if (typeof value !== expected)
      return reply.code(400).send(apiError('bad_request', `body/${name} must be ${expected}`));
  }
  return undefined;
}
