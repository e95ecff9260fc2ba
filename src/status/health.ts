/**
 * `/healthz`: the process lives. `/readyz`: a commit is possible now, proven by one. Neither needs a token, so the
 * second is looked at once a second at most, however often it is asked.
 */
import type { FastifyPluginAsync } from 'fastify';
import { Type } from 'typebox';
import type { Database } from '../db/client.ts';
import { canCommit } from '../db/probe.ts';
import type { Clock } from '../lib/clock.ts';

const LOOK_INTERVAL_MS = 1_000;

/** Why the service is not ready. */
export type NotReadyReason = 'starting' | 'database' | 'migrations' | 'stopping';

export interface ReadinessOptions {
  readonly db: Database;
  readonly clock: Clock;
  /** What the service says of itself; null when it is running. */
  notReadyReason(): Exclude<NotReadyReason, 'database'> | null;
}

/** Null when ready. */
export function createReadiness(options: ReadinessOptions): () => Promise<NotReadyReason | null> {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking = false;
  let last: Promise<boolean> = Promise.resolve(false);
  return async () => {
    const notReadyReason = options.notReadyReason();
    if (notReadyReason !== null) return notReadyReason;
    const now = options.clock.elapsed();
    if (!looking && now - lookedAtMs >= LOOK_INTERVAL_MS) {
      lookedAtMs = now;
      // A database that hangs is asked once, not once a second.
      looking = true;
      last = canCommit(options.db)
        .catch(() => false)
        .finally(() => {
          looking = false;
        });
    }
    return (await last) ? null : 'database';
  };
}

const Alive = Type.Object({ status: Type.String() });
const Unready = Type.Object({
  status: Type.String(),
  reason: Type.Enum(['starting', 'database', 'migrations', 'stopping']),
});

export const healthRoutes: FastifyPluginAsync = async (app) => {
  app.get('/healthz', { schema: { security: [], response: { 200: Alive } } }, async () => ({ status: 'ok' }));
};

export interface ReadinessRoutesOptions {
  readonly readiness: () => Promise<NotReadyReason | null>;
}

export const readinessRoutes: FastifyPluginAsync<ReadinessRoutesOptions> = async (app, options) => {
  const answers = { 200: Alive, 503: Unready };
  app.get('/readyz', { schema: { security: [], response: answers } }, async (_request, reply) => {
    const reason = await options.readiness();
    if (reason === null) return { status: 'ready' };
    return reply.code(503).header('retry-after', '5').send({ status: 'not_ready', reason });
  });
};
