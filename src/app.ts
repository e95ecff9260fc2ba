/**
 * Builds the HTTP servers of the service: the callback routes and the status API, on one port or on two. It gets
 * everything as options; nothing listens before the caller starts it.
 */
import { randomBytes } from 'node:crypto';
import type { Registry } from '@prometheus-io/client';
import type { FastifyPluginAsync } from 'fastify';
import type { MapiAccount } from './accounts/mapi-account.ts';
import { createCallbackTargets } from './callbacks/callback-target.ts';
import { callbackRoutesFrom } from './callbacks/from-settings.ts';
import { callbackRoutes } from './callbacks/routes.ts';
import { createSeenCallbacks, type SeenCallbacks } from './callbacks/seen-callbacks.ts';
import type { Config } from './config/settings.ts';
import type { Databases } from './db/pools.ts';
import type { BreakerState } from './deliveries/circuit-breaker.ts';
import { createRequestPreview } from './deliveries/request-preview.ts';
import { createCallbackSimulation } from './doctor/simulate-callback.ts';
import { localUrlOf } from './http/listen.ts';
import { createRefusedRequestLog, type RefusedRequest } from './http/refused-requests.ts';
import { createServer, type HttpServers } from './http/server.ts';
import type { TlsFiles } from './http/tls.ts';
import type { Recorder } from './inbox/recorder.ts';
import type { StoreHealth } from './inbox/store-health.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './lib/logger.ts';
import type { Ownership } from './ownership/ownership.ts';
import { isPageEnabled } from './page/enabled.ts';
import { pageRoutes } from './page/routes.ts';
import type { SecretUsage } from './registrations/secret-usage.ts';
import { aboutService } from './status/about.ts';
import { accessCheckFrom } from './status/access.ts';
import { createReadiness, healthRoutes, type NotReadyReason, readinessRoutes } from './status/health.ts';
import type { Metrics } from './status/metrics.ts';
import { registerOpenApi } from './status/openapi.ts';
import { createPaymentReader } from './status/payment-reader.ts';
import { statusRoutes } from './status/routes.ts';

const MINUTE_MS = 60_000;

/** Why callbacks are not accepted; null when they are. */
export type NotReady = Exclude<NotReadyReason, 'database'> | null;

export interface AppOptions {
  readonly config: Config;
  readonly db: Databases;
  readonly recorder: Recorder;
  readonly storeHealth: StoreHealth;
  readonly ownership: Ownership;
  /** The shop's account of the Merchant API; null: none is configured. Its creator closes it. */
  readonly mapiAccount: Pick<MapiAccount, 'client'> | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly revision: string | null;
  readonly tls: TlsFiles | null;
  newRequestId(): string;
  readonly metrics: Metrics;
  /** Called with the status of each response to a callback. */
  countCallback(status: number): void;
  readonly registry: Registry;
  notReadyReason(): NotReady;
  /** State of the circuit breaker; null when no webhook is configured. */
  readonly webhookHealth: (() => BreakerState) | null;
  /** Sends the webhook's next probe at once; resolves with false when it is not down. */
  probeWebhook(): Promise<boolean>;
  /** Called when a delivery may be due. */
  wakeDispatchers(): void;
  /** Called when a replay of many was started. */
  wakeReplays(): void;
  readonly secretUsage: Pick<SecretUsage, 'used' | 'digestRefused' | 'sources'>;
}

/** Creates the servers with their routes: one for callbacks, and a second one if STATUS_PORT is set. */
export async function buildServers(options: AppOptions): Promise<HttpServers> {
  const { config } = options;
  const seen = createSeenCallbacks(config);
  const targets = createCallbackTargets(config.CALLBACK_PATHS, config.MAPI_CALLBACK_PATHS ?? []);
  const refusedLog = createRefusedRequestLog(options.logger);
  const serving = {
    ...options,
    onRefused(refused: RefusedRequest) {
      options.metrics.onRefusedRequest(refused.reason);
      refusedLog.write(refused);
    },
    trustProxy: config.TRUST_PROXY,
    isStopping: () => options.notReadyReason() === 'stopping',
  };
  const callbacks = createServer({ ...serving, rewriteUrl: targets.rewriteUrl });
  // With STATUS_PORT, /healthz is on both ports; the OpenAPI document of the status port lists its own.
  if (config.STATUS_PORT !== null) await callbacks.app.register(healthRoutes);
  const routes = callbackRoutesFrom({
    ...options,
    db: options.db.callbacks,
    seen,
    isAccepting: () => options.notReadyReason() === null,
    onCallback: options.metrics.onCallback,
  });
  await callbacks.app.register(callbackRoutes, { ...routes, targets });

  const status = config.STATUS_PORT === null ? null : createServer({ ...serving, rewriteUrl: ({ url }) => url ?? '/' });
  (status ?? callbacks).app.addHook('onClose', async () => refusedLog.flush());
  await (status ?? callbacks).app.register(operatorRoutes, {
    options,
    seen,
    ownUrl: () => localUrlOf(callbacks, options.tls !== null),
  });
  return { callbacks, status };
}

interface OperatorRoutesOptions {
  readonly options: AppOptions;
  readonly seen: SeenCallbacks;
  /** The callback listener, as this machine reaches it. */
  ownUrl(): string;
}

const operatorRoutes: FastifyPluginAsync<OperatorRoutesOptions> = async (app, { options, seen, ownUrl }) => {
  const { config, clock } = options;
  await registerOpenApi(app, options.version);
  await app.register(healthRoutes);
  await app.register(readinessRoutes, { readiness: createReadiness({ ...options, db: options.db.callbacks }) });
  if (config.STATUS_TOKEN === null) return;
  if (isPageEnabled(config)) await app.register(pageRoutes);
  const payments = createPaymentReader(config, clock);
  app.addHook('onClose', () => payments.close());
  await app.register(statusRoutes, {
    ...options,
    db: options.db.background,
    startedAtMs: clock.elapsed(),
    about: aboutService(config),
    secrets: options.secretUsage.sources,
    checkAccess: accessCheckFrom(config, { clock, onRefused: options.metrics.onStatusRefused, ...options.secretUsage }),
    callbacksByResponse: () => seen.responseCounts,
    refusals: seen.refusals,
    mockErrors: seen.mockErrors,
    previewRequest: createRequestPreview(config, options.version),
    payments,
    simulateCallback: createCallbackSimulation({ config, ownUrl, clock, randomBytes }),
    hasHeartbeat: config.HEARTBEAT_INTERVAL !== null,
    reconcileGraceMs: config.RECONCILE_GRACE_MINUTES * MINUTE_MS,
    rejectionsEndAfterMs: config.ACCEPT_REJECTED_CALLBACKS ? config.REJECTION_GRACE_MINUTES * MINUTE_MS : null,
  });
};
