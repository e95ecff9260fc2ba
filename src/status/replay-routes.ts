/** Send it again: one event, or all that match. */
import { setTimeout } from 'node:timers/promises';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { countReplayable, type Replayed, replayDelivery, replayMatching } from '../deliveries/replay.ts';
import { apiError } from '../http/api-error.ts';
import { errorSummary } from '../lib/errors.ts';
import { ignoreBodies } from './bodies.ts';
import type { StatusContext } from './context.ts';
import { loadEventDetail } from './event-detail.ts';
import { EventParams, parsePublicId, parseReplayRequest, ReplaysBody } from './requests.ts';
import { CountResponse, ErrorResponse, EventDetailResponse, ReplayRefusedResponse } from './responses.ts';

const REPLAYED = { 202: EventDetailResponse, 404: ErrorResponse, 409: ErrorResponse };
const REPLAYED_MANY = { 202: CountResponse, 400: ErrorResponse, 503: ReplayRefusedResponse };

/** `POST /events/{id}/replay`: one event. */
export const replayEventRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  ignoreBodies(app);
  app.post('/events/:id/replay', { schema: { params: EventParams, response: REPLAYED } }, async (request, reply) => {
    const id = parsePublicId(request.params.id);
    const replayed: Replayed = id === null ? 'absent' : await replayDelivery(options.db, id);
    switch (replayed) {
      case 'absent':
        return reply.code(404).send(apiError('not_found', 'No such event is kept.'));
      case 'undeliverable':
        return reply.code(409).send(apiError('no_delivery', 'This event is not passed on, so it has no delivery.'));
      case 'unfinished':
        return reply.code(409).send(apiError('unfinished', 'This event is still being delivered; nothing to replay.'));
      case 'replayed':
        break;
    }
    options.wakeDispatcher();
    const shown = await loadEventDetail(options, id);
    if (shown === null) return reply.code(404).send(apiError('not_found', 'No such event is kept.'));
    return reply.code(202).type('application/json').send(shown);
  });
};

/** `POST /replays`: all that match. */
export const replayMatchingRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  app.post(
    '/replays',
    { schema: { body: ReplaysBody, response: REPLAYED_MANY }, preValidation: refuseOtherTypes },
    async (request, reply) => {
      const { dryRun = false, ...desired } = request.body;
      const read = parseReplayRequest(desired);
      if (read.outcome === 'refused') {
        return reply.code(400).send(apiError('bad_request', `body/${read.field} ${read.problem}`));
      }
      if (dryRun) {
        const { count, atLeast } = await countReplayable(options.db, read.filter, options.clock);
        return reply.code(202).send({ count, ...(atLeast ? { atLeast } : {}) });
      }
      const onStep = options.wakeDispatcher;
      const { count, failed, error } = await replayMatching(options.db, read.filter, { sleep: setTimeout, onStep });
      if (error === null) return reply.code(202).send({ count, ...(failed > 0 ? { failed } : {}) });
      const message = `The database could not go on (${errorSummary(error)}); ask again for the rest.`;
      return reply.code(503).send({ ...apiError('unfinished', message), count, failed });
    },
  );
};

/** Fastify turns null into false and 7 into "7" before it validates; a replay must mean what it says. */
async function refuseOtherTypes({ body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (typeof body !== 'object' || body === null) return undefined;
  for (const [name, value] of Object.entries(body)) {
    const expected = name === 'dryRun' ? 'boolean' : 'string';
    if (typeof value !== expected)
      return reply.code(400).send(apiError('bad_request', `body/${name} must be ${expected}`));
  }
  return undefined;
}
