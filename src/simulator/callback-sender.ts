/** Sends the callbacks of a fake Resurs, of both interfaces, until it is stopped: what is reported happens before. */
import { MAX_TRIES } from '../protocol/ecom/retry-schedule.ts';
import type { FakeState } from './fake-state.ts';
import type { IsLost } from './lost.ts';
import { type MapiSequence, runMapiScenario } from './mapi/run.ts';
import type { MapiUrls } from './mapi/url.ts';
import type { CallbackTry, SimulatedCallback } from './result.ts';
import { type RunScenarioOptions, runScenario, type UrlTiming } from './run-scenario.ts';
import type { CallbackSequence } from './scenario.ts';

export interface SenderOptions {
  /** How many times faster than Resurs it retries (1). */
  readonly speed?: number;
  /** Maximum tries of one callback (20). */
  readonly attempts?: number;
  /** Sequences of a scenario that run at once (4). */
  readonly concurrency?: number;
  /** When URL and digest of an eCom callback are made (`each_try`). */
  readonly urlTiming?: UrlTiming;
  /** Called after each request of a callback. */
  readonly onTry?: (attempt: CallbackTry) => void;
  /** What is lost happens, but is never sent. Nothing by default. */
  readonly isLost?: IsLost;
  /** What is registered for a type, where it is assumed; else what was registered with the fake. */
  readonly registrationOf?: RunScenarioOptions['registrationOf'];
}

export interface CallbackSender {
  /** Sends callbacks of eCom to what is registered. */
  send(scenario: readonly CallbackSequence[], signal?: AbortSignal): Promise<SimulatedCallback[]>;
  /** Sends callbacks of the Merchant API to the URLs of a shop. */
  sendMapi(scenario: readonly MapiSequence[], urls: MapiUrls, signal?: AbortSignal): Promise<SimulatedCallback[]>;
  /** Nothing is sent after it. */
  stop(): Promise<void>;
}

/** Creates the sender; nothing is sent before a call. A payment changes in `state` before its callback is sent. */
export function createCallbackSender(state: FakeState, options: SenderOptions): CallbackSender {
  const { registry, payments, mapiPayments } = state;
  const { speed = 1, attempts = MAX_TRIES, concurrency = 4, urlTiming = 'each_try', onTry } = options;
  const { isLost = () => false, registrationOf = registry.toSend } = options;
  const stopped = new AbortController();
  const running = new Set<Promise<unknown>>();
  const paceUntil = (signal: AbortSignal = stopped.signal) => ({
    speed,
    attempts,
    concurrency,
    isLost,
    ...(onTry === undefined ? {} : { onTry }),
    signal: AbortSignal.any([stopped.signal, signal]),
  });
  const track = async <T>(run: Promise<T>): Promise<T> => {
    running.add(run);
    try {
      return await run;
    } finally {
      running.delete(run);
    }
  };

  return {
    async send(scenario, signal) {
      payments.plan(scenario);
      const sent = { scenario, onBegin: payments.apply, registrationOf, urlTiming };
      return track(runScenario({ ...sent, ...paceUntil(signal) }));
    },
    async sendMapi(scenario, urls, signal) {
      return track(runMapiScenario({ scenario, urls, onBegin: mapiPayments.apply, ...paceUntil(signal) }));
    },
    async stop() {
      stopped.abort();
      await Promise.allSettled(running);
    },
  };
}
