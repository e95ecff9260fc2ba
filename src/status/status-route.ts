/** `GET /status`: how the service is doing. */
import type { FastifyPluginAsync } from 'fastify';
import { createBatcher } from '../db/batcher.ts';
import { readJobs } from '../db/leader-lock.ts';
import type { StatusContext } from './context.ts';
import { renderJobs } from './job-figures.ts';
import { queryFigures, renderStatus } from './overview.ts';
import { StatusResponse } from './responses.ts';
import { querySecretFigures } from './secrets.ts';

const MAX_BATCH = 1_000;

const GET = {
  operationId: 'getStatus',
  summary: 'Shows how the service is doing',
  response: { 200: StatusResponse },
};

export const statusRoute: FastifyPluginAsync<StatusContext> = async (app, options) => {
  const { db, secrets } = options;
  // Requests that arrive during a query share the next one.
  const figures = createBatcher(async (requests: readonly null[]) => {
    const [current, secretFigures, jobs] = await Promise.all([
      queryFigures(db),
      querySecretFigures(db, secrets),
      readJobs(db),
    ]);
    const response = {
      ...renderStatus(current, secretFigures, options),
      ...renderJobs(jobs, options),
      ...options.about,
    };
    return requests.map(() => response);
  }, MAX_BATCH);
  app.get('/status', { schema: GET }, async () => figures(null));
};
