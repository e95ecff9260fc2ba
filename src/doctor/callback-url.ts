/**
 * Looks whether the URL that `register` is about to register leads to this receiver: where another service answers,
 * every callback is lost from that minute. A GET and a POST go there, as any client of this machine sends them, so that
 * a rehearsal over http and loopback works. They are a BOOKED without a payment: the receiver refuses it as malformed
 * and stores nothing, and its response names the type, which proves path, query and credentials. The checks of doctor
 * are stricter: they look from outside.
 */
import type { Dispatcher } from 'undici';
import type { Config } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import { RESURS_TIMEOUT_MS } from '../protocol/ecom/timing.ts';
import { fillTemplate, urlTemplate } from '../protocol/ecom/url-template.ts';
import { callbackUrl } from '../registrations/desired.ts';
import { type DispatchedResult, sendDispatched } from './probe/dispatched.ts';
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
    const template = urlTemplate(TYPE, { target: url, form: 'query', registeredAt, signed: false });
    const { origin } = new URL(url);
    const target = fillTemplate(template, new Map()).slice(origin.length);
    const post = { body: '{}', headers: { ...headers, 'content-type': 'application/json' } };
    const request = { method, target, ...(method === 'POST' ? post : { body: null, headers }) };
    const { dispatcher } = options;
    const result = await sendDispatched(origin, request, { dispatcher, timeoutMs: RESURS_TIMEOUT_MS }, signal);
    return reachabilityOf(result, { method, callbackUrl: url, hasCredentials: authorization !== null });
  };
  const looks = await Promise.all([look('GET'), look('POST')]);
  const worst = looks.find(({ outcome }) => outcome === 'not_reached');
  return worst ?? looks.find((each) => each.outcome === 'reached' && each.note !== null) ?? looks[0];
}

const TYPE = 'BOOKED';

function reachabilityOf(look: DispatchedResult, info: ProbeInfo): Reachability {
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
