/**
 * Sends a callback as Resurs would, to the callback URL of the settings, and looks whether it was stored: the whole path
 * through the public address, its proxy and the checks. Without PUBLIC_URL it goes to the service's own listener.
 */
import { readFile } from 'node:fs/promises';
import { Agent, type Dispatcher } from 'undici';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { findMapiTest } from '../events/mapi-tests.ts';
import { testPaymentKeyOf } from '../events/payment-key.ts';
import { publicId } from '../events/public-id.ts';
import { findPaymentEvents } from '../events/queries.ts';
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { sendDispatched } from './probe/dispatched.ts';
import { problemOfResult, type SimulationProblem } from './simulated-problem.ts';
import { type CallbackInterface, type SimulatedRequest, simulatedRequest } from './simulated-request.ts';

export interface SimulationOptions {
  readonly config: Config;
  /** The callback listener's own address. */
  readonly ownUrl: () => string;
  readonly clock: Clock;
  readonly randomBytes: (size: number) => Buffer;
}

/** How it went. `status` is null when no response came. */
export type SimulationResult =
  | {
      readonly outcome: 'sent';
      readonly url: string;
      readonly status: number | null;
      readonly durationMs: number;
      readonly eventId: string | null;
      readonly problem: SimulationProblem | null;
    }
  | { readonly outcome: 'not_configured' };

export type SimulateCallback = (which: CallbackInterface, db: Database) => Promise<SimulationResult>;

/** A receiver answers within this time. */
const REQUEST_TIMEOUT_MS = 3_800;
/** What was answered 204 is committed. */
const FIND_TIMEOUT_MS = 700;

/** Creates what simulates callbacks; it opens connections for each one alone. */
export function createCallbackSimulation(options: SimulationOptions): SimulateCallback {
  const { config, ownUrl, clock, randomBytes } = options;
  return async (which, db) => {
    const baseUrl = config.PUBLIC_URL ?? ownUrl();
    const simulated = simulatedRequest(which, { config, baseUrl, nowMs: clock.now(), randomBytes });
    if (simulated === null) return { outcome: 'not_configured' };
    const { request, url, hasCredentials } = simulated;
    const way = config.PUBLIC_URL === null ? await ownWay(config) : publicWay(config);
    const startedAtMs = clock.elapsed();
    try {
      const sending = { dispatcher: way.dispatcher, timeoutMs: REQUEST_TIMEOUT_MS };
      const result = await sendDispatched(new URL(url).origin, request, sending);
      const durationMs = Math.round(clock.elapsed() - startedAtMs);
      const status = result.outcome === 'answered' ? result.response.status : null;
      const info = { method: request.method, callbackUrl: url, hasCredentials };
      const refused = problemOfResult(result, info, REQUEST_TIMEOUT_MS);
      const found = refused === null ? await look(simulated, db) : { eventId: null, problem: refused };
      return { outcome: 'sent', url, status, durationMs, ...found };
    } finally {
      await way.close();
    }
  };
}

interface Way {
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

function publicWay(config: Config): Way {
  const outbound = createOutbound({ proxies: config, connections: 1, connectTimeoutMs: REQUEST_TIMEOUT_MS });
  return { dispatcher: outbound.dispatcher, close: outbound.destroy };
}

/** The certificate is for the public name; here it has to be the service's own. */
async function ownWay({ TLS_CERT_FILE: certFile }: Config): Promise<Way> {
  const ca = certFile === null ? null : await readFile(certFile, 'utf8').catch(() => null);
  const trust = ca === null ? {} : { ca, allowPartialTrustChain: true, checkServerIdentity: () => undefined };
  const agent = new Agent({ connect: trust, connections: 1 });
  return { dispatcher: agent, close: () => agent.destroy() };
}

interface Found {
  readonly eventId: string | null;
  readonly problem: SimulationProblem | null;
}

async function look({ key, notStored }: SimulatedRequest, db: Database): Promise<Found> {
  if (notStored !== null) return { eventId: null, problem: notStored };
  const finding = 'test' in key ? findMapiTest(db, key.test) : findFirst(db, testPaymentKeyOf(key.values));
  try {
    const event = await abortable(finding, AbortSignal.timeout(FIND_TIMEOUT_MS));
    return event === null ? { eventId: null, problem: ELSEWHERE } : { eventId: publicId(event.id), problem: null };
  } catch (error) {
    const message = `The callback was accepted, but the database did not tell its event: ${errorSummary(error)}.`;
    return { eventId: null, problem: { message, fix: 'Look for it in GET /events?callback=TEST.' } };
  }
}

async function findFirst(db: Database, key: string): Promise<{ readonly id: string } | null> {
  return (await findPaymentEvents(db, key))[0] ?? null;
}

const ELSEWHERE = {
  message: 'The callback was accepted, but it is not in this database: PUBLIC_URL leads to another receiver.',
  fix: 'Let PUBLIC_URL, or the proxy behind it, lead to this receiver.',
};
