/**
 * The status API: what came, what became of it, send it again. Behind a bearer token that is compared in constant time;
 * without STATUS_TOKEN these routes do not exist. Answers are JSON, refusals `{"error": {"code", "message"}}`.
 */
import type { Registry } from '@prometheus-io/client';
import type { FastifyPluginAsync } from 'fastify';
import { Type } from 'typebox';
import type { Clock } from '../clock.ts';
import type { Database } from '../db/client.ts';
import { createGroup } from '../db/group.ts';
import type { WebhookHealth } from '../deliveries/health.ts';
import { refusal } from '../refusal.ts';
import { eventRoutes } from './events.ts';
import { orderRoutes } from './orders.ts';
import { readOverview } from './overview.ts';
import { replayRoutes, replaysRoutes } from './replays.ts';
import { RefusalAnswer, StatusAnswer } from './schemas.ts';
import { renderStatus } from './status.ts';

const MAX_ASKERS = 1_000;

export interface StatusRoutesOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly version: string;
  /** Milliseconds of Clock.elapsed at which the process began. */
  readonly startedAtMs: number;
  isTokenRight(given: string): boolean;
  /** Null: no webhook is configured. */
  readonly webhookHealth: (() => WebhookHealth) | null;
  callbacksByAnswer(): Readonly<Record<string, number>>;
  /** A delivery became due. */
  nudge(): void;
  /** What Prometheus reads. */
  readonly registry: Registry;
}

export const statusRoutes: FastifyPluginAsync<StatusRoutesOptions> = async (app, options) => {
  app.addHook('onRequest', async (request, reply) => {
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (options.isTokenRight(token)) return;
    const answer = refusal('unauthorized', 'The bearer token is missing or wrong.');
    return reply.header('www-authenticate', 'Bearer').code(401).send(answer);
  });
  // Every route can refuse the token, and what its parameters say.
  app.addHook('onRoute', (route) => {
    const response = { 400: RefusalAnswer, 401: RefusalAnswer, ...(route.schema?.response as object | undefined) };
    route.schema = { ...route.schema, response };
  });
  // Who asks while one is read shares the next one.
  const overviewOf = createGroup(async (askers: readonly null[]) => {
    const overview = await readOverview(options.db);
    return askers.map(() => overview);
  }, MAX_ASKERS);
  app.get('/status', { schema: { response: { 200: StatusAnswer } } }, async () => {
    return renderStatus(await overviewOf(null), options);
  });
  await app.register(eventRoutes, options);
  await app.register(replayRoutes, options);
  await app.register(replaysRoutes, options);
  await app.register(orderRoutes, options);
  app.get(
    '/metrics',
    { schema: { produces: ['text/plain'], response: { 200: Type.String() } } },
    async (_request, reply) => {
      return reply.type(options.registry.contentType).send(await options.registry.metrics());
    },
  );
  app.get('/openapi.json', { schema: { response: { 200: Type.Unknown() } } }, async () => app.swagger());
};
