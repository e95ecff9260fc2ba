/**
 * A fake Resurs: a real HTTP server with both of its interfaces. It stores registrations and sends callbacks to them,
 * triggered ones and whole scenarios, by Resurs' own retry schedule, and tells what it holds of their payments. Tests and people at a terminal use it as they
 * would use Resurs; quirks make it misbehave. A maintainer must keep `stop` final: nothing is sent and no request gets
 * a response after it.
 */
import { EventEmitter, once } from 'node:events';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import type { BasicCredentials, Registration } from '../protocol/ecom/registration.ts';
import { listen } from './api/listener.ts';
import type { StartPayments } from './api/more-payments.ts';
import { type CompletedCall, NO_QUIRKS, type Quirks } from './api/quirks.ts';
import { createFakeRegistry, type FakeRegistry } from './api/registry.ts';
import { createRequestHandler, SOAP_BASE } from './api/request-handler.ts';
import { triggeredCallback } from './callbacks.ts';
import { createFakePayments, type FakePayments } from './payments.ts';
import type { CallbackTry, SimulatedCallback } from './result.ts';
import { MAX_TRIES } from './retry-schedule.ts';
import { runScenario, type UrlTiming } from './run-scenario.ts';
import type { CallbackSequence } from './scenario.ts';

/** Options of a fake Resurs. Everything but the account has a default. */
export interface FakeResursOptions {
  /** The only credentials that are accepted; any others get 401. */
  readonly account: BasicCredentials;
  /** 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port?: number;
  /** How many times faster than Resurs it retries (1). */
  readonly speed?: number;
  /** Maximum tries of one callback (20). */
  readonly attempts?: number;
  /** Sequences of a scenario that run at once (4). */
  readonly concurrency?: number;
  /** When URL and digest of a callback are made (`each_try`). */
  readonly urlTiming?: UrlTiming;
  readonly quirks?: Partial<Quirks>;
  readonly clock?: Pick<Clock, 'now'>;
  /** Called for each API call before its response is sent. An error that it throws ends the process. */
  readonly onCall?: (call: CompletedCall) => void;
  /** Called after each request of a callback. */
  readonly onTry?: (attempt: CallbackTry) => void;
  /** Called for a request for more payments; without it there is no such request. */
  readonly startPayments?: StartPayments;
}

/** A running fake Resurs. */
export interface FakeResurs {
  /** For RESURS_REST_URL and RESURS_SOAP_URL; without a trailing slash. */
  readonly restUrl: string;
  readonly soapUrl: string;
  readonly account: BasicCredentials;
  /** What is registered now. */
  readonly registered: ReadonlyMap<CallbackType, Registration>;
  /** Every call so far, in the order of the responses. */
  readonly calls: readonly CompletedCall[];
  /** Triggered callbacks that ended: delivered, out of tries, or no longer registered. */
  readonly ended: readonly SimulatedCallback[];
  /** Resolves as soon as all of these types are registered at the same time. Rejects if `signal` fires first. */
  whenRegistered(types: readonly CallbackType[], signal?: AbortSignal): Promise<void>;
  /** Changes the given quirks from the next call and connection on; the others stay. */
  setQuirks(quirks: Partial<Quirks>): void;
  /** Runs a scenario against what is registered and resolves with the callbacks that ended; `signal` ends it early. */
  run(scenario: readonly CallbackSequence[], signal?: AbortSignal): Promise<SimulatedCallback[]>;
  /** Stops all sending and closes every connection at once. Safe to call again. */
  stop(): Promise<void>;
}

/** Starts it. Throws when the port is in use. */
export async function startFakeResurs(options: FakeResursOptions): Promise<FakeResurs> {
  const { account, host = '127.0.0.1', port = 0, clock = systemClock } = options;
  const registry = createFakeRegistry();
  const payments = createFakePayments(clock.now);
  const events = new EventEmitter();
  const calls: CompletedCall[] = [];
  const ended: SimulatedCallback[] = [];
  const sender = createCallbackSender({ registry, payments }, options);
  let quirks: Quirks = { ...NO_QUIRKS, ...options.quirks };
  const onRequest = createRequestHandler({
    account,
    registry,
    payments,
    quirks: () => quirks,
    startPayments: options.startPayments ?? null,
    onCall(call) {
      calls.push(call);
      events.emit('call');
      options.onCall?.(call);
    },
    async onTriggered({ type, params }) {
      ended.push(...(await sender.send([[triggeredCallback(type, params, clock.now())]])));
    },
  });
  const listener = await listen({ host, port, connectionFault: () => quirks.connections, onRequest });

  return {
    restUrl: listener.origin,
    soapUrl: listener.origin + SOAP_BASE,
    account,
    registered: registry.registered,
    calls,
    ended,
    async whenRegistered(types, signal) {
      while (!types.every((type) => registry.registered.has(type))) await once(events, 'call', { signal });
    },
    setQuirks(changed) {
      quirks = { ...quirks, ...changed };
    },
    run: sender.send,
    async stop() {
      await Promise.all([sender.stop(), listener.close()]);
    },
  };
}

interface FakeState {
  readonly registry: FakeRegistry;
  readonly payments: FakePayments;
}

/** Sends callbacks to what is registered, until it is stopped. */
function createCallbackSender({ registry, payments }: FakeState, options: FakeResursOptions) {
  const { speed = 1, attempts = MAX_TRIES, concurrency = 4, urlTiming = 'each_try', onTry } = options;
  const stopped = new AbortController();
  const running = new Set<Promise<SimulatedCallback[]>>();

  return {
    async send(
      scenario: readonly CallbackSequence[],
      signal: AbortSignal = stopped.signal,
    ): Promise<SimulatedCallback[]> {
      payments.plan(scenario);
      const run = runScenario({
        scenario,
        onBegin: payments.apply,
        registrationOf: registry.toSend,
        urlTiming,
        speed,
        attempts,
        concurrency,
        ...(onTry === undefined ? {} : { onTry }),
        signal: AbortSignal.any([stopped.signal, signal]),
      });
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    async stop(): Promise<void> {
      stopped.abort();
      await Promise.allSettled(running);
    },
  };
}
