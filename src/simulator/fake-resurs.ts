/**
 * A fake Resurs: a real HTTP server with all of its interfaces. It stores registrations and sends callbacks to them,
 * triggered ones and whole scenarios, and those of the Merchant API to the URLs of a shop, by Resurs' own retry schedule,
 * and tells what it holds of their payments. Tests and people at a terminal use it as they would use Resurs; quirks make
 * it misbehave. A maintainer must keep `stop` final: nothing is sent and no request gets a response after it.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import type { BasicCredentials, Registration } from '../protocol/ecom/registration.ts';
import { listen } from './api/listener.ts';
import { createFakeTokens, type MapiClientCredentials } from './api/mapi/tokens.ts';
import type { StartPayments } from './api/more-payments.ts';
import { type CompletedCall, NO_QUIRKS, type Quirks } from './api/quirks.ts';
import { SOAP_BASE } from './api/read-request.ts';
import { createRequestHandler } from './api/request-handler.ts';
import { createCallbackSender, type SenderOptions } from './callback-sender.ts';
import { triggeredCallback } from './callbacks.ts';
import { createCallRecord, createFakeState } from './fake-state.ts';
import type { PlannedMapiCallback } from './mapi/callbacks.ts';
import { uuidFrom } from './mapi/ids.ts';
import type { MapiSequence } from './mapi/run.ts';
import type { MapiUrls } from './mapi/url.ts';
import type { SimulatedCallback } from './result.ts';
import type { CallbackSequence } from './scenario.ts';

/** Options of a fake Resurs. Everything but the account has a default. */
export interface FakeResursOptions extends SenderOptions {
  /** The only credentials that the interfaces of eCom accept; any others get 401. */
  readonly account: BasicCredentials;
  /** The only client of the Merchant API (`fake-client` with a secret of its own). */
  readonly mapiClient?: MapiClientCredentials;
  /** The only store of that client. */
  readonly storeId?: string;
  /** 127.0.0.1. */
  readonly host?: string;
  /** 0: any free port. */
  readonly port?: number;
  readonly quirks?: Partial<Quirks>;
  readonly clock?: Pick<Clock, 'now'>;
  /** Called for each API call before its response is sent. An error that it throws ends the process. */
  readonly onCall?: (call: CompletedCall) => void;
  /** Called for a request for more payments; without it there is no such request. */
  readonly startPayments?: StartPayments;
}

/** A running fake Resurs. */
export interface FakeResurs {
  /** For RESURS_REST_URL and RESURS_SOAP_URL; without a trailing slash. */
  readonly restUrl: string;
  readonly soapUrl: string;
  readonly account: BasicCredentials;
  /** For MAPI_URL, MAPI_CLIENT_ID, MAPI_CLIENT_SECRET and MAPI_STORE_ID. */
  readonly mapiUrl: string;
  readonly mapiClient: MapiClientCredentials;
  readonly storeId: string;
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
  /** Runs a scenario of the Merchant API against the URLs of a shop. */
  runMapi(scenario: readonly MapiSequence[], urls: MapiUrls, signal?: AbortSignal): Promise<SimulatedCallback[]>;
  /** Lets a payment of the Merchant API go through what the callback reports, without sending it. */
  applyMapi(callback: PlannedMapiCallback): void;
  /** Stops all sending and closes every connection at once. Safe to call again. */
  stop(): Promise<void>;
}

/** Starts it. Throws when the port is in use. */
export async function startFakeResurs(options: FakeResursOptions): Promise<FakeResurs> {
  const { account, clock = systemClock, host = '127.0.0.1', port = 0, startPayments = null } = options;
  const { mapiClient = newMapiClient(), storeId = uuidFrom('store') } = options;
  let quirks: Quirks = { ...NO_QUIRKS, ...options.quirks };
  const now = () => clock.now() + quirks.clockAheadMs;
  const state = createFakeState(now);
  const { registered } = state.registry;
  const stopped = new AbortController();
  const { calls, onCall, nextCall } = createCallRecord(options.onCall);
  const sender = createCallbackSender(state, options);
  const ended: SimulatedCallback[] = [];
  const tokens = createFakeTokens(mapiClient, clock.now);
  const onRequest = createRequestHandler({
    account,
    ...state,
    mapi: { payments: state.mapiPayments, tokens, storeId, stopped: stopped.signal },
    quirks: () => quirks,
    now,
    startPayments,
    onCall,
    async onTriggered({ type, params }) {
      ended.push(...(await sender.send([[triggeredCallback(type, params, clock.now())]])));
    },
  });
  const listener = await listen({ host, port, connectionFault: () => quirks.connections, onRequest });
  return {
    ...urlsOf(listener.origin),
    account,
    mapiClient,
    storeId,
    registered,
    calls,
    ended,
    async whenRegistered(types, signal) {
      while (!types.every((type) => registered.has(type))) await nextCall(signal);
    },
    setQuirks(changed) {
      quirks = { ...quirks, ...changed };
    },
    run: sender.send,
    runMapi: sender.sendMapi,
    applyMapi: state.mapiPayments.apply,
    async stop() {
      stopped.abort();
      await Promise.all([sender.stop(), listener.close()]);
    },
  };
}

function urlsOf(origin: string): Pick<FakeResurs, 'restUrl' | 'soapUrl' | 'mapiUrl'> {
  return { restUrl: origin, soapUrl: origin + SOAP_BASE, mapiUrl: origin };
}

function newMapiClient(): MapiClientCredentials {
  return { clientId: 'fake-client', clientSecret: randomBytes(24).toString('base64url') };
}
