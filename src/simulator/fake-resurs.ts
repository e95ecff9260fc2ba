/**
 * A stand-in for Resurs: a real HTTP server with both of its interfaces, which keeps what is registered and sends
 * callbacks to it, triggered ones and whole stories, by Resurs' own schedule. Tests and people at a terminal talk to it
 * as they would to Resurs; it misbehaves when it is told to. A maintainer must keep `stop` final: nothing is sent or
 * answered after it.
 */
import { EventEmitter, once } from 'node:events';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import type { BasicCredentials, Registration } from '../protocol/ecom/registration.ts';
import { listen } from './api/listener.ts';
import { type CompletedCall, NO_QUIRKS, type Quirks } from './api/quirks.ts';
import { createFakeRegistry, type FakeRegistry } from './api/registry.ts';
import { createRequestHandler, SOAP_BASE } from './api/request-handler.ts';
import type { CallbackTry, SimulatedCallback } from './result.ts';
import { MAX_TRIES } from './retry-schedule.ts';
import { runScenario, type UrlTiming } from './run-scenario.ts';
import type { CallbackSequence } from './scenario.ts';
import { triggeredCallback } from './triggered.ts';

/** How it begins. Everything but the account has a default. */
export interface StandInOptions {
  /** Who may ask; everybody else gets 401. */
  readonly account: BasicCredentials;
  /** 127.0.0.1. */
  readonly host?: string;
  /** 0: any free one. */
  readonly port?: number;
  /** How many times faster than Resurs it comes again (1). */
  readonly speed?: number;
  /** Tries of one callback at most (20). */
  readonly attempts?: number;
  /** Tracks of a story at once (4). */
  readonly concurrency?: number;
  /** When URL and digest of a callback are made (`each_try`). */
  readonly rendering?: UrlTiming;
  readonly quirks?: Partial<Quirks>;
  readonly clock?: Pick<Clock, 'now'>;
  /** After each call, before its answer leaves. What it throws ends the process. */
  readonly onCall?: (call: CompletedCall) => void;
  /** After each request of a callback. */
  readonly onAnswered?: (exchange: CallbackTry) => void;
}

/** The stand-in while it runs. */
export interface FakeResurs {
  /** For RESURS_REST_URL and RESURS_SOAP_URL; no slash at the end. */
  readonly restUrl: string;
  readonly soapUrl: string;
  readonly account: BasicCredentials;
  /** What is registered now. */
  readonly held: ReadonlyMap<CallbackType, Registration>;
  /** Every call so far, in the order of their answers. */
  readonly calls: readonly CompletedCall[];
  /** Triggered callbacks that ended: delivered, given up, or no longer registered. */
  readonly ended: readonly SimulatedCallback[];
  /** Resolves as soon as all of these types are registered at once. Rejects when `signal` fires before. */
  whenHeld(types: readonly CallbackType[], signal?: AbortSignal): Promise<void>;
  /** Changes some quirks from the next call and connection on; the others stay. */
  misbehave(quirks: Partial<Quirks>): void;
  /** Sends a story to what is registered, and resolves with what ended; `signal` ends it early. */
  play(story: readonly CallbackSequence[], signal?: AbortSignal): Promise<SimulatedCallback[]>;
  /** Ends all sending and every connection at once. Safe to call again. */
  stop(): Promise<void>;
}

/** Throws when the port cannot be had. */
export async function startFakeResurs(options: StandInOptions): Promise<FakeResurs> {
  const { account, host = '127.0.0.1', port = 0, clock = systemClock } = options;
  const registry = createFakeRegistry();
  const news = new EventEmitter();
  const calls: CompletedCall[] = [];
  const ended: SimulatedCallback[] = [];
  const sender = createCallbackSender(registry, options);
  let quirks: Quirks = { ...NO_QUIRKS, ...options.quirks };
  const onRequest = createRequestHandler({
    account,
    registry,
    quirks: () => quirks,
    onCall(call) {
      calls.push(call);
      news.emit('call');
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
    held: registry.held,
    calls,
    ended,
    async whenHeld(types, signal) {
      while (!types.every((type) => registry.held.has(type))) await once(news, 'call', { signal });
    },
    misbehave(changed) {
      quirks = { ...quirks, ...changed };
    },
    play: sender.send,
    async stop() {
      await Promise.all([sender.stop(), listener.close()]);
    },
  };
}

/** Sends callbacks to what the desk holds, until it is stopped. */
function createCallbackSender(registry: FakeRegistry, options: StandInOptions) {
  const { speed = 1, attempts = MAX_TRIES, concurrency = 4, rendering = 'each_try', onAnswered } = options;
  const over = new AbortController();
  const running = new Set<Promise<SimulatedCallback[]>>();

  return {
    async send(story: readonly CallbackSequence[], signal: AbortSignal = over.signal): Promise<SimulatedCallback[]> {
      const run = runScenario({
        story,
        registrationOf: registry.toSend,
        rendering,
        speed,
        attempts,
        concurrency,
        ...(onAnswered === undefined ? {} : { onAnswered }),
        signal: AbortSignal.any([over.signal, signal]),
      });
      running.add(run);
      try {
        return await run;
      } finally {
        running.delete(run);
      }
    },
    async stop(): Promise<void> {
      over.abort();
      await Promise.allSettled(running);
    },
  };
}
