/** `/statistics`: how much of everything there was, hour by hour or day by day, over all replicas. */
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Database } from '../db/client.ts';
import { apiError } from '../http/api-error.ts';
import { createBoundedMap } from '../lib/bounded-map.ts';
import type { Clock } from '../lib/clock.ts';
import { createSerializer } from '../lib/serializer.ts';
import type { CountSpan } from '../operators/count-store.ts';
import { readStatistics, type StatisticsPoint } from '../operators/statistics.ts';
import { cachedFor } from './cached.ts';
import type { StatusContext } from './context.ts';
import { BadRequestResponse } from './error-responses.ts';
import { Time } from './response-types.ts';
import { parseStatisticsQuery, StatisticsQuery } from './statistics-query.ts';

/** All tabs of all operators share an answer for so long. */
const CACHE_MS = 30_000;
/** Time spans whose answers are kept. */
const MAX_CACHED = 20;

const counts = (description: string) => Type.Record(Type.String(), Type.Integer(), { description });

export const StatisticsResponse = Type.Object(
  {
    step: Type.Enum(['hour', 'day']),
    points: Type.Array(
      Type.Object({
        at: Type.Unsafe<Date>({ ...Time, description: 'When the step begins' }),
        callbacks: counts('By status of the response'),
        events: counts('By type, each event once'),
        deliveries: Type.Object({
          delivered: Type.Integer(),
          retried: Type.Integer({ description: 'Attempts that are followed by another one' }),
          dead_letter: Type.Integer(),
        }),
        delayMs: Type.Union([Type.Object({ median: Type.Number(), p95: Type.Number() }), Type.Null()], {
          description: 'From receipt to first delivery, exact to a tenth; null: nothing was delivered',
        }),
      }),
    ),
  },
  { description: 'Every step of the time span, oldest first; all have the same names' },
);

export const statisticsRoutes: FastifyPluginAsyncTypebox<StatusContext> = async (app, { db, clock }) => {
  const read = createCachedReader(db, clock);
  const schema = {
    operationId: 'getStatistics',
    summary: 'Counts callbacks, events and deliveries by hour or day',
    querystring: StatisticsQuery,
    response: { 200: StatisticsResponse, 400: BadRequestResponse },
  };
  app.get('/statistics', { schema }, async (request, reply) => {
    const query = parseStatisticsQuery(request.query, clock.now());
    if (query.outcome === 'refused') {
      return reply.code(400).send(apiError('bad_request', `querystring/${query.field} ${query.problem}`));
    }
    return { step: query.step, points: await read(query.span) };
  });
};

type Read = { readonly points: StatisticsPoint[] } | { readonly error: unknown };

/** Reads one time span after another, so that they take one connection however many are asked for. */
function createCachedReader(db: Database, clock: Clock): (span: CountSpan) => Promise<StatisticsPoint[]> {
  const serially = createSerializer();
  const readers = createBoundedMap<string, () => Promise<Read>>(MAX_CACHED);
  return async (span) => {
    const key = `${span.fromMs} ${span.toMs} ${span.stepMs}`;
    const read = readers.get(key) ?? cachedFor(CACHE_MS, clock, () => readOnce(span));
    readers.set(key, read);
    const result = await read();
    if ('points' in result) return result.points;
    // So that the next request asks a database that may be back.
    if (readers.get(key) === read) readers.delete(key);
    throw result.error;
  };

  function readOnce(span: CountSpan): Promise<Read> {
    return serially(() => readStatistics(db, span)).then(
      (points) => ({ points }),
      (error: unknown) => ({ error }),
    );
  }
}
