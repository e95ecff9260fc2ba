/**
 * `/healthz`: the process is alive. `/readyz`: a commit is possible now, checked by one; after callbacks could not be
 * stored, by storing one and taking it back. Both also answer HEAD. Neither needs a token, so the database is checked
 * once a second at most, however often `/readyz` is requested.
 */
import type { FastifyPluginAsync } from 'fastify';
import { Type } from 'typebox';
import type { Database } from '../db/client.ts';
import { canCommit, probeStoring } from '../db/probe.ts';
import type { StoreHealth } from '../inbox/store-health.ts';
import type { Clock } from '../lib/clock.ts';

const CHECK_INTERVAL_MS = 1_000;

/** Why the service is not ready. */
export type NotReadyReason = 'starting' | 'database' | 'migrations' | 'stopping';

export interface ReadinessOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly storeHealth: StoreHealth;
  /** The service's own reason; null when it is running. */
  notReadyReason(): Exclude<NotReadyReason, 'database'> | null;
}

/** Creates the check of `/readyz`; it resolves with null when the service is ready. */
export function createReadiness(options: ReadinessOptions): () => Promise<NotReadyReason | null> {
  let checkedAtMs = Number.NEGATIVE_INFINITY;
  let isChecking = false;
  let last: Promise<boolean> = Promise.resolve(false);
  return async () => {
    const notReadyReason = options.notReadyReason();
    if (notReadyReason !== null) return notReadyReason;
    const now = options.clock.elapsed();
    if (!isChecking && now - checkedAtMs >= CHECK_INTERVAL_MS) {
      checkedAtMs = now;
      // A database that hangs is checked once, not once a second.
      isChecking = true;
      last = canAccept(options)
        .catch(() => false)
        .finally(() => {
          isChecking = false;
        });
    } else if (options.storeHealth.failure() !== null) {
      return 'database';
    }
    return (await last) ? null : 'database';
  };
}

async function canAccept({ db, storeHealth }: ReadinessOptions): Promise<boolean> {
  const failure = storeHealth.failure();
  if (failure === null) return canCommit(db);
  await probeStoring(db);
  storeHealth.onProbed(failure);
  return true;
}

const Alive = Type.Object({ status: Type.String() }, { description: 'The process is alive' });
const Ready = Type.Object({ status: Type.String() }, { description: 'Callbacks can be stored' });
const Unready = Type.Object(
  { status: Type.String(), reason: Type.Enum(['starting', 'database', 'migrations', 'stopping']) },
  { description: 'Callbacks cannot be stored now' },
);
/** The only refusal of routes without parameters and token; Node's HTTP parser makes it. */
const HeadersTooLarge = Type.Null({ description: 'The request headers are too large' });

/** Registers `/healthz`. */
export const healthRoutes: FastifyPluginAsync = async (app) => {
  const schema = {
    operationId: 'getHealth',
    summary: 'Tells whether the process is alive',
    security: [],
    response: { 200: Alive, 431: HeadersTooLarge },
  };
  app.get('/healthz', { schema, exposeHeadRoute: true }, async () => ({ status: 'ok' }));
};

export interface ReadinessRoutesOptions {
  readonly readiness: () => Promise<NotReadyReason | null>;
}

/** Registers `/readyz`. */
export const readinessRoutes: FastifyPluginAsync<ReadinessRoutesOptions> = async (app, options) => {
  const schema = {
    operationId: 'getReadiness',
    summary: 'Tells whether callbacks can be stored',
    security: [],
    response: { 200: Ready, 431: HeadersTooLarge, 503: Unready },
  };
  app.get('/readyz', { schema, exposeHeadRoute: true }, async (_request, reply) => {
    const reason = await options.readiness();
    if (reason === null) return { status: 'ready' };
    return reply.code(503).header('retry-after', '5').send({ status: 'not_ready', reason });
  });
};
