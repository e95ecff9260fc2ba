/**
 * Builds the plan of `simulate --mapi` from its arguments and the receiver's environment: the URLs that a shop would
 * form, the callbacks, and the Merchant API that the receiver asks. No message repeats a token, a secret or a URL.
 */
import type { Environment } from '../../config/environment.ts';
import { oneOf } from '../../config/types/basic.ts';
import { MAPI_KINDS } from '../../protocol/mapi/body.ts';
import type { MapiClientCredentials } from '../../simulator/api/mapi/tokens.ts';
import { EXPECTED } from '../../simulator/expected.ts';
import { chooseLostIn, type IsLost } from '../../simulator/lost.ts';
import type { PlannedMapiCallback } from '../../simulator/mapi/callbacks.ts';
import type { MapiSequence } from '../../simulator/mapi/run.ts';
import { buildMapiScenario, MAPI_LIVES, type MapiProof } from '../../simulator/mapi/scenario.ts';
import type { MapiUrls } from '../../simulator/mapi/url.ts';
import type { Pace } from '../../simulator/run-sequences.ts';
import { UsageError } from '../command.ts';
import { parseOption, type SimulateArguments } from './arguments.ts';
import { expectedNotOurs, parseLoss, parsePace, parsePayments, parseTarget } from './common-options.ts';
import { isLoopback, mapiClientOf, type ReadSetting, receiverSettings, receiverUrl } from './environment.ts';

/** The Merchant API that the receiver asks, to be served on this machine. */
export interface ServedApi {
  readonly host: string;
  readonly port: number;
  readonly client: MapiClientCredentials;
  readonly scope: string;
  /** Null: any. */
  readonly storeId: string | null;
  /** Whether the receiver may ask after it has answered, for the snapshot of an event or a question of the shop. */
  readonly isAskedLater: boolean;
}

export interface MapiPlan extends Pick<Pace, 'speed' | 'attempts' | 'concurrency'> {
  readonly urls: MapiUrls;
  /** True when the target is on this machine. */
  readonly isLocal: boolean;
  readonly scenario: readonly MapiSequence[];
  readonly proof: MapiProof;
  /** Null where the receiver asks none on this machine. */
  readonly api: ServedApi | null;
  readonly json: boolean;
  /** True: do not ask. */
  readonly yes: boolean;
  readonly isLost: IsLost | null;
}

interface MapiInput {
  readonly values: SimulateArguments;
  readonly urls: readonly string[];
}

/** Builds the plan. Throws UsageError for invalid input; opens no connection. */
export function planMapi({ values, urls }: MapiInput, env: Environment, nowMs: number): MapiPlan {
  if (urls.length > 1) throw new UsageError('only one URL can be the target');
  for (const name of ['listen', 'salt', 'key', 'algorithm'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--mapi and --${name} exclude each other`);
  }
  const settings = receiverSettings(env);
  const token = settings('MAPI_CALLBACK_TOKEN');
  const api = servedApi(settings);
  const proof = proofOf(settings, api);
  const target = parseTarget(urls[0] ?? ownUrl(settings));
  const form = parseOption('--form', oneOf(['path', 'query']), values.form ?? 'path');
  const firstReference = values.first ?? String(nowMs);
  const loss = parseLoss(values.lose, firstReference);
  const scenario = buildMapiScenario({
    payments: parsePayments(values.payments ?? String(MAPI_LIVES)),
    firstReference,
    notOursReference: values.foreign,
    notOursResponse: expectedNotOurs(values['foreign-answer'], settings),
    unheardOfResponse: unheardOfResponse(settings),
    proof,
    nowMs,
    only: parseKinds(values.only),
  });
  if (scenario.length === 0) throw new UsageError('--only leaves nothing to send');
  const isLost = loss === null ? null : chooseLostIn(scenario, loss);
  const { json, yes } = values;
  const shared = {
    urls: { target, token, form },
    isLocal: isLoopback(target),
    scenario,
    proof,
    api,
    json,
    yes,
    isLost,
  };
  return { ...shared, ...parsePace(values) };
}

function ownUrl(settings: ReadSetting): string {
  const path = settings('MAPI_CALLBACK_PATHS')?.[0];
  if (path === undefined) {
    throw new UsageError(
      'MAPI_CALLBACK_PATHS is not set: give the receiver a path such as /callbacks/mapi, or a URL here',
    );
  }
  return receiverUrl(settings, path);
}

/** Returns the API that the receiver's settings point to; null unless it is on this machine. */
function servedApi(settings: ReadSetting): ServedApi | null {
  const client = mapiClientOf(settings);
  const address = settings('MAPI_URL');
  if (client === null || address === null || !isLoopback(address)) return null;
  const { protocol, hostname, port, pathname } = new URL(address);
  if (protocol !== 'http:' || pathname !== '/') return null;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port === '' ? '80' : port),
    client,
    scope: settings('MAPI_SCOPE'),
    storeId: settings('MAPI_STORE_ID'),
    isAskedLater: settings('PAYMENT_SNAPSHOT') === 'on' || settings('STATUS_TOKEN') !== null,
  };
}

/** Without a token the receiver asks the Merchant API, and only that of the simulator knows the simulated payments. */
function proofOf(settings: ReadSetting, api: ServedApi | null): MapiProof {
  if (settings('MAPI_CALLBACK_TOKEN') !== null) return 'token';
  if (api !== null) return 'api';
  if (mapiClientOf(settings) === null && settings('ALLOW_UNAUTHENTICATED')) return 'nothing';
  throw new UsageError(
    'without MAPI_CALLBACK_TOKEN the receiver asks the Merchant API for each payment. Set for the receiver and for ' +
      'simulate either MAPI_CALLBACK_TOKEN, or MAPI_URL=http://127.0.0.1:9901, MAPI_CLIENT_ID and MAPI_CLIENT_SECRET: ' +
      'simulate then is the Merchant API at this address',
  );
}

function unheardOfResponse(settings: ReadSetting) {
  const isAccepted = settings('ACCEPT_REJECTED_CALLBACKS') && settings('REJECTION_GRACE_MINUTES') === 0;
  return isAccepted ? EXPECTED.notOursButAccepted : EXPECTED.notOurs;
}

function parseKinds(names: string | undefined): readonly PlannedMapiCallback['type'][] | null {
  if (names === undefined) return null;
  return names.split(',').map((name) => parseOption('--only', oneOf([...MAPI_KINDS, 'TEST']), name.toUpperCase()));
}
