/** `/dead-letters`: why deliveries were given up. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { createBatcher } from '../db/batcher.ts';
import { publicId } from '../events/public-id.ts';
import { countDeadLetterReasons } from '../operators/dead-letter-reasons.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse } from './error-responses.ts';
import { AtLeast, Time } from './response-types.ts';

export const DeadLettersResponse = Type.Object(
  {
    reasons: Type.Array(
      Type.Object({
        reason: Type.String({
          description:
            'How the last attempt ended, as GET /events and POST /replays take it: a status, else an outcome',
        }),
        count: Type.Integer(),
        oldestAt: Type.Unsafe<Date>({ ...Time, description: 'When the first of them was given up' }),
        newestAt: Type.Unsafe<Date>({ ...Time, description: 'When the last of them was given up' }),
        example: Type.String({ description: 'The id of its newest event' }),
        types: Type.Record(Type.String(), Type.Integer(), { description: 'How many of each type' }),
      }),
      { description: 'The most frequent first, at most 50' },
    ),
    other: Type.Integer({ description: 'How many have none of these reasons' }),
    count: Type.Integer({ description: 'How many were counted: the newest 100 000 at most' }),
    atLeast: AtLeast,
  },
  { description: 'The dead letters by reason' },
);

const LIST = {
  operationId: 'listDeadLetterReasons',
  summary: 'Counts dead letters by why they were given up',
  querystring: Type.Object({}, { additionalProperties: false }),
  response: { 200: DeadLettersResponse, 400: BadRequestResponse },
};

const MAX_BATCH = 1_000;

export const deadLetterRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { db, clock }) => {
  // Requests that arrive during a count share the next one.
  const count = createBatcher(async (requests: readonly null[]) => {
    const counted = await countDeadLetterReasons(db, clock);
    return requests.map(() => counted);
  }, MAX_BATCH);
  app.get('/dead-letters', { schema: LIST }, async () => {
    const { reasons, count: total, atLeast } = await count(null);
    const listed = reasons.reduce((sum, reason) => sum + reason.count, 0);
    return {
      reasons: reasons.map((reason) => ({ ...reason, example: publicId(reason.example) })),
      other: total - listed,
      count: total,
      ...(atLeast ? { atLeast } : {}),
    };
  });
};
