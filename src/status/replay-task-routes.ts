/** `/replays`: replays of many deliveries, as tasks that go on after the response. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ReplayCount } from '../deliveries/replay.ts';
import { NARROWING_FIELDS, parseReplayRequest } from '../deliveries/replay-request.ts';
import { apiError } from '../http/api-error.ts';
import { listReplays } from '../operators/list-replays.ts';
import { findReplay, type Replay, stopReplay } from '../operators/replay-store.ts';
import { countReplay, type StartedReplay, startReplay } from '../operators/start-replay.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse, errorResponse, withBodyErrors } from './error-responses.ts';
import { operatorOf } from './operator.ts';
import {
  CountResponse,
  DEFAULT_REPLAYS,
  ReplayParams,
  ReplayResponse,
  ReplaysBody,
  ReplaysHeaders,
  ReplaysQuery,
  ReplaysResponse,
} from './replay-schemas.ts';
import { summarizeDryRun, summarizeExcess, summarizeReplays } from './replay-summary.ts';

const START = {
  operationId: 'replayEvents',
  summary: 'Delivers all finished events again that match',
  headers: ReplaysHeaders,
  body: ReplaysBody,
  response: withBodyErrors({
    202: CountResponse,
    400: BadRequestResponse,
    409: errorResponse('More deliveries match than expected, or it cannot be seen that no more do'),
    422: errorResponse('The Idempotency-Key came before with another request'),
  }),
};
const NOT_FOUND = errorResponse('There is no such replay, or no more');
const LIST = {
  operationId: 'listReplays',
  summary: 'Lists replays, newest first',
  querystring: ReplaysQuery,
  response: { 200: ReplaysResponse, 400: BadRequestResponse },
};
const SHOW = {
  operationId: 'getReplay',
  summary: 'Shows how far a replay is',
  params: ReplayParams,
  response: { 200: ReplayResponse, 404: NOT_FOUND },
};
const STOP = {
  operationId: 'stopReplay',
  summary: 'Stops what is not done of a replay; what it has put back is sent',
  params: ReplayParams,
  response: { 202: ReplayResponse, 404: NOT_FOUND },
};

/** `POST /replays`: starts one of all that match. */
export const startReplayRoute: FastifyPluginAsyncTypebox<StatusContext> = async (app, options) => {
  const { db, clock } = options;
  app.post('/replays', { schema: START, preValidation: refuseOtherTypes }, async (request, reply) => {
    const { dryRun = false, expected = null, ...filter } = request.body;
    const read = parseReplayRequest(filter);
    if (read.outcome === 'refused') {
      return reply.code(400).send(apiError('bad_request', `body/${read.field} ${read.problem}`));
    }
    if (read.outcome === 'too_wide') {
      const needed = `body must have at least one of ${NARROWING_FIELDS.join(', ')}`;
      return reply.code(400).send(apiError('bad_request', needed));
    }
    if (dryRun) {
      const counted = await countReplay(db, read.filter, clock);
      return reply.code(202).send({ ...countOf(counted), summary: summarizeDryRun(counted) });
    }
    const key = request.headers['idempotency-key'] ?? null;
    const asked = { filter: read.filter, expected, key, operator: operatorOf(request) };
    const started: StartedReplay = await startReplay(db, asked, clock);
    switch (started.outcome) {
      case 'started':
        options.wakeReplays();
        return reply.code(202).send({ id: started.id, ...countOf(started), summary: summarizeReplays(started) });
      case 'more_than_expected':
        return reply.code(409).send(apiError('more_than_expected', summarizeExcess(started)));
      case 'key_reused':
        return reply.code(422).send(KEY_REUSED);
    }
  });
};

const KEY_REUSED = apiError('key_reused', 'This Idempotency-Key came before with another request. Use a new one.');

function countOf({ count, atLeast }: ReplayCount) {
  return { count, ...(atLeast ? { atLeast } : {}) };
}

/** `GET /replays`, and `/replays/{id}`: how far one is, and its end. */
export const replayTaskRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { db }) => {
  app.get('/replays', { schema: LIST }, async ({ query }) => {
    const replays = await listReplays(db, query.limit ?? DEFAULT_REPLAYS);
    return { replays: replays.map(render) };
  });
  app.get('/replays/:id', { schema: SHOW }, async (request, reply) => {
    const { id } = request.params;
    const replay = UUID.test(id) ? await findReplay(db, id) : null;
    return replay === null ? reply.code(404).send(REPLAY_NOT_FOUND) : reply.send(render(replay));
  });
  app.delete('/replays/:id', { schema: STOP }, async (request, reply) => {
    const { id } = request.params;
    const replay = UUID.test(id) ? await stopReplay(db, id, operatorOf(request)) : null;
    return replay === null ? reply.code(404).send(REPLAY_NOT_FOUND) : reply.code(202).send(render(replay));
  });
};

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const REPLAY_NOT_FOUND = apiError('not_found', 'There is no such replay; one that has ended is kept RETENTION_DAYS.');

function render<Shown extends Replay>({ atLeast, ...replay }: Shown) {
  return { ...replay, ...(atLeast ? { atLeast } : {}) };
}

/**
 * Rejects other JSON types, because Fastify turns null into false and 7 into "7" before it validates, and a replay must
 * be exactly the requested one.
 */
async function refuseOtherTypes({ body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (typeof body !== 'object' || body === null) return undefined;
  for (const [name, value] of Object.entries(body)) {
    const expected = TYPES.get(name) ?? 'string';
    const isExpected = expected === 'array of strings' ? isTexts(value) : typeof value === expected;
    if (!isExpected) return reply.code(400).send(apiError('bad_request', `body/${name} must be ${expected}`));
  }
  return undefined;
}

/** Of the fields that are no texts. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['dryRun', 'boolean'],
  ['expected', 'number'],
  ['ids', 'array of strings'],
]);

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
