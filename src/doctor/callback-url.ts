/**
 * Looks whether the URL that `register` is about to register leads to this receiver: where another service answers,
 * every callback is lost from that minute. A GET and a POST go there, as any client of this machine sends them, so that
 * a rehearsal over http and loopback works. They are a BOOKED without a payment: the receiver refuses it as malformed
 * and stores nothing, and its response names the type, which proves path, query and credentials. The checks of doctor
 * are stricter: they look from outside.
 */
import { type Dispatcher, request } from 'undici';
import type { Config } from '../config/settings.ts';
import { abortable } from '../lib/abortable.ts';
import type { Clock } from '../lib/clock.ts';
import { errorSummary } from '../lib/errors.ts';
import { RESURS_TIMEOUT_MS } from '../protocol/ecom/timing.ts';
import { fillTemplate, urlTemplate } from '../protocol/ecom/url-template.ts';
import { callbackUrl } from '../registrations/desired.ts';
import { type ProbeResponse, toResponse } from './probe/http.ts';
import { explainFailure, isUnauthorized } from './probe/interpret.ts';
import { describeProbe, type ProbeInfo, plainTest, registrationTimeNow } from './probe/test-request.ts';

/**
 * `reached`: this receiver answers; `note` says what keeps it from taking callbacks of this machine now, if anything
 * does. `fix` is an instruction.
 */
export type Reachability =
  | { readonly outcome: 'reached'; readonly url: string; readonly note: string | null }
  | { readonly outcome: 'not_reached'; readonly url: string; readonly reason: string; readonly fix: string };

export interface CallbackUrlOptions {
  readonly config: Config;
  /** How requests leave this machine; their creator closes it. */
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

/** Sends a GET and a POST. Throws without PUBLIC_URL, and rejects with the reason of `signal`. */
export async function lookAtCallbackUrl(options: CallbackUrlOptions, signal: AbortSignal): Promise<Reachability> {
  const { config, clock } = options;
  if (config.PUBLIC_URL === null) throw new TypeError('there is no callback URL without PUBLIC_URL');
  const url = callbackUrl(config.PUBLIC_URL, config.CALLBACK_PATHS);
  const registeredAt = registrationTimeNow(clock.now());
  const { userAgent, authorization } = plainTest(config);
  const headers = { 'user-agent': userAgent, ...(authorization === null ? {} : { authorization }) };
  const look = async (method: 'GET' | 'POST'): Promise<Reachability> => {
    const target = fillTemplate(
      urlTemplate(TYPE, { target: url, form: 'query', registeredAt, signed: false }),
      new Map(),
    );
    const result = await send({ method, target, headers }, options.dispatcher, signal);
    return reachabilityOf(result, { method, callbackUrl: url, hasCredentials: authorization !== null });
  };
  const looks = await Promise.all([look('GET'), look('POST')]);
  const worst = looks.find(({ outcome }) => outcome === 'not_reached');
  return worst ?? looks.find((each) => each.outcome === 'reached' && each.note !== null) ?? looks[0];
}

const TYPE = 'BOOKED';

/** `callbackType`: the type that the receiver states to have got; null when another server responded. */
type Look =
  | { readonly outcome: 'answered'; readonly response: ProbeResponse; readonly callbackType: string | null }
  | { readonly outcome: 'timed_out' }
  | { readonly outcome: 'no_response'; readonly code: string };

interface LookRequest {
  readonly method: 'GET' | 'POST';
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function send(
  { method, target, headers }: LookRequest,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<Look> {
  const timeout = AbortSignal.timeout(RESURS_TIMEOUT_MS);
  const either = AbortSignal.any([timeout, signal]);
  const post = method === 'POST' ? { body: '{}', headers: { ...headers, 'content-type': 'application/json' } } : {};
  try {
    // undici heeds the signal only once it is connected.
    const sent = request(target, { dispatcher, method, headers, signal: either, ...post });
    const response = await abortable(sent, either);
    response.body.on('error', () => undefined).destroy();
    const callbackType = response.headers['x-callback-actual'];
    return {
      outcome: 'answered',
      response: toResponse(response),
      callbackType: typeof callbackType === 'string' ? callbackType : null,
    };
  } catch (error) {
    signal.throwIfAborted();
    return timeout.aborted ? { outcome: 'timed_out' } : { outcome: 'no_response', code: errorSummary(error) };
  }
}

function reachabilityOf(look: Look, info: ProbeInfo): Reachability {
  const url = info.callbackUrl;
  const notReached = (reason: string, fix: string): Reachability => ({ outcome: 'not_reached', url, reason, fix });
  if (look.outcome === 'no_response') {
    return notReached(`${describeProbe(info)}: no response (${look.code}).`, LOOK_FROM_OUTSIDE);
  }
  const result = look.outcome === 'answered' ? look.response : look;
  if (look.outcome === 'answered' && look.response.receiver !== null) {
    const { status } = look.response;
    if (String(status) === look.response.receiver.status && status === 400 && look.callbackType === TYPE) {
      return { outcome: 'reached', url, note: null };
    }
    if (isUnauthorized(result) && info.hasCredentials) return notReached(`${describeProbe(info)}: ${REFUSED}`, RESTART);
    if (status === 404) return notReached(`${describeProbe(info)}: the receiver has no such path (404).`, RESTART);
  }
  const finding = explainFailure(result, info);
  if (finding?.status === 'warn') return { outcome: 'reached', url, note: finding.reason };
  return notReached(
    finding?.reason ?? `${describeProbe(info)}: a receiver accepted what it has to refuse.`,
    finding?.fix ?? LOOK_FROM_OUTSIDE,
  );
}

const REFUSED = 'the receiver refuses the credentials (401), and would refuse every callback.';
const RESTART =
  'Restart the service with these settings; if it runs with them, let the proxy pass on path and headers unchanged.';
const LOOK_FROM_OUTSIDE =
  'Start the service under PUBLIC_URL; receiver doctor --only dns,tls,certificate,callback-path says more.';
