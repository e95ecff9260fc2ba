/**
 * Puts the service together: the way in and the way to look, on one port or on two. Everything comes in as a value;
 * nothing listens and nothing is delivered before the caller says so.
 */
import type { Registry } from '@prometheus-io/client';
import type { FastifyPluginAsync } from 'fastify';
import type { AnswerName } from './callbacks/answers.ts';
import { callbackPathOf } from './callbacks/callback.ts';
import { digestPolicyOf } from './callbacks/digest.ts';
import { createCredentialsCheck, createSecretCheck, createSourceCheck } from './callbacks/guards.ts';
import { createIntake } from './callbacks/intake.ts';
import type { Ownership } from './callbacks/ownership.ts';
import type { Recorder } from './callbacks/recorder.ts';
import { createRejectionNotes } from './callbacks/rejections.ts';
import { callbackRoutes } from './callbacks/routes.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/settings.ts';
import type { Databases } from './db/pools.ts';
import type { WebhookHealth } from './deliveries/health.ts';
import type { Logger } from './logger.ts';
import { createServer, type HttpServer } from './server.ts';
import { createReadiness, healthRoutes, type NotReady, readinessRoutes } from './status/health.ts';
import type { Metrics } from './status/metrics.ts';
import { describeRoutes } from './status/openapi.ts';
import { statusRoutes } from './status/routes.ts';
import type { TlsFiles } from './tls.ts';

export interface AppOptions {
  readonly config: Config;
  readonly db: Databases;
  readonly recorder: Recorder;
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly tls: TlsFiles | null;
  newRequestId(): string;
  readonly metrics: Metrics;
  readonly registry: Registry;
  /** What keeps the service from working; null when nothing does. */
  phase(): Exclude<NotReady, 'database'> | null;
  /** Null: no webhook is configured. */
  readonly webhookHealth: (() => WebhookHealth) | null;
  /** A delivery may be due. */
  nudge(): void;
}

/** The callback listener, and the listener for looking where that has a port of its own. */
export interface Apps {
  readonly callbacks: HttpServer;
  readonly status: HttpServer | null;
}

export async function buildApps(options: AppOptions): Promise<Apps> {
  const { config } = options;
  const counts: Record<string, number> = {};
  const callbacks = createServer({
    ...options,
    trustProxy: config.TRUST_PROXY,
    rewriteUrl: (target) => callbackPathOf(target, config.CALLBACK_PATHS) ?? target,
    isStopping: () => options.phase() === 'stopping',
  });
  // The port for looking has its own, which its document lists.
  if (config.STATUS_PORT !== null) await callbacks.app.register(healthRoutes);
  await callbacks.app.register(callbackRoutes, callbackRoutesOptions(options, counts));

  const status = config.STATUS_PORT === null ? null : createStatusServer(options);
  await (status ?? callbacks).app.register(lookRoutes, { options, counts });
  return { callbacks, status };
}

function createStatusServer(options: AppOptions): HttpServer {
  const isStopping = () => options.phase() === 'stopping';
  return createServer({ ...options, trustProxy: [], rewriteUrl: (target) => target, isStopping });
}

function callbackRoutesOptions(options: AppOptions, counts: Record<string, number>) {
  const { config, clock, logger } = options;
  const credentials = credentialsOf(config);
  const intake = createIntake({
    digests: digestPolicyOf(config),
    basicAuth: credentials.length > 0,
    source: config.ALLOWED_SOURCES !== null,
    ownership: options.ownership,
    noteRejection: createRejectionNotes(options.db.callbacks),
    recorder: options.recorder,
    clock,
    acceptsForeignOrders: config.ACCEPT_REJECTED_CALLBACKS,
    rejectionGraceMs: config.REJECTION_GRACE_MINUTES * MINUTE_MS,
    forwardsTests: config.FORWARD_TEST_CALLBACKS,
    dedupeWindowMs: config.DEDUPE_WINDOW_DAYS * DAY_MS,
    isOpen: () => options.phase() === null,
  });
  return {
    paths: config.CALLBACK_PATHS,
    isSourceAllowed: config.ALLOWED_SOURCES === null ? null : createSourceCheck(config.ALLOWED_SOURCES),
    areCredentialsRight: credentials.length === 0 ? null : createCredentialsCheck(credentials),
    intake,
    clock,
    logger,
    onAnswer(answer: AnswerName, type: string, durationMs: number) {
      counts[answer] = (counts[answer] ?? 0) + 1;
      options.metrics.onCallback(answer, type, durationMs);
    },
  };
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function credentialsOf(config: Config): { username: string; password: string }[] {
  const pairs = [
    [config.BASIC_AUTH_USERNAME, config.BASIC_AUTH_PASSWORD],
    [config.BASIC_AUTH_USERNAME_PREVIOUS, config.BASIC_AUTH_PASSWORD_PREVIOUS],
  ] as const;
  return pairs.flatMap(([username, password]) =>
    username === null || password === null ? [] : [{ username, password }],
  );
}

const lookRoutes: FastifyPluginAsync<{ options: AppOptions; counts: Record<string, number> }> = async (app, given) => {
  const { options, counts } = given;
  const { config, clock } = options;
  await describeRoutes(app, options.version);
  await app.register(healthRoutes);
  await app.register(readinessRoutes, { readiness: createReadiness({ ...options, db: options.db.callbacks }) });
  if (config.STATUS_TOKEN === null) return;
  const tokens = [config.STATUS_TOKEN, config.STATUS_TOKEN_PREVIOUS].filter((token) => token !== null);
  await app.register(statusRoutes, {
    ...options,
    db: options.db.looking,
    startedAtMs: clock.elapsed(),
    isTokenRight: createSecretCheck(tokens),
    callbacksByAnswer: () => counts,
  });
};
