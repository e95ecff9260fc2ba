/**
 * Turns the settings into the options of the callback routes: what each interface accepts, and what is noted of its
 * callbacks. Settings are validated at startup.
 */
import type { MapiAccount } from '../accounts/mapi-account.ts';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { Provider } from '../db/schema.ts';
import { type Credentials, createCredentialsCheck, createSourceCheck, createTokenCheck } from '../http/guards.ts';
import type { Recorder } from '../inbox/recorder.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Ownership } from '../ownership/ownership.ts';
import { createRejectionRecorder } from '../ownership/rejections.ts';
import { createDigestPolicy, settingAt } from '../protocol/ecom/salts.ts';
import type { SecretUsage } from '../registrations/secret-usage.ts';
import { createCallbackHandler } from './ecom/handle.ts';
import { createConfirmer } from './mapi/confirm.ts';
import { createMapiHandler } from './mapi/handle.ts';
import type { ReceivingOptions } from './receiving.ts';
import type { ResponderOptions } from './responder.ts';
import type { ResponseName } from './responses.ts';
import { responseOf } from './result.ts';
import type { CallbackRoutesOptions } from './routes.ts';
import type { SeenCallbacks } from './seen-callbacks.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** After five failed reads in a row, payments of the Merchant API are not confirmed for this long. */
const CONFIRM_PAUSE_MS = 10_000;

/** What the callback routes need from the service. */
export interface CallbackSources {
  readonly config: Config;
  /** The database connections of callbacks. */
  readonly db: Database;
  readonly recorder: Recorder;
  readonly ownership: Ownership;
  /** The shop's account of the Merchant API; null: none is configured. Its creator closes it. */
  readonly mapiAccount: Pick<MapiAccount, 'client'> | null;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly seen: SeenCallbacks;
  readonly secretUsage: Pick<SecretUsage, 'used' | 'digestRefused'>;
  /** False while the service starts or stops. */
  isAccepting(): boolean;
  /** Called with each response. `type` is empty if it is not valid. */
  onCallback(
    response: ResponseName,
    callback: { readonly provider: Provider; readonly type: string },
    durationMs: number,
  ): void;
  /** Called with the status of each response. */
  countCallback(status: number): void;
}

/** Returns the options of the callback routes, without the paths' targets. */
export function callbackRoutesFrom(sources: CallbackSources): Omit<CallbackRoutesOptions, 'targets'> {
  const { config } = sources;
  const receiving = receivingOptions(sources);
  const credentials = credentialsOf(config);
  const ecom = {
    paths: config.CALLBACK_PATHS,
    verifyCredentials:
      credentials.length === 0 ? null : createCredentialsCheck(credentials, useOf('BASIC_AUTH_PASSWORD', sources)),
    handle: createCallbackHandler({
      ...receiving,
      digestPolicy: createDigestPolicy(config),
      hasBasicAuth: credentials.length > 0,
      onSaltUsed: sources.secretUsage.used,
    }),
  };
  const mapi = config.MAPI_CALLBACK_PATHS === null ? null : { handle: createMapiHandle(sources, receiving) };
  return { ...responderOptions(sources), ecom, mapi };
}

function createMapiHandle(sources: CallbackSources, receiving: Receiving) {
  const { config, mapiAccount, clock } = sources;
  const tokens = [config.MAPI_CALLBACK_TOKEN, config.MAPI_CALLBACK_TOKEN_PREVIOUS].filter((token) => token !== null);
  return createMapiHandler({
    ...receiving,
    verifyToken: tokens.length === 0 ? null : createTokenCheck(tokens, useOf('MAPI_CALLBACK_TOKEN', sources)),
    confirmer: mapiAccount === null ? null : createConfirmer({ client: mapiAccount.client(CONFIRM_PAUSE_MS), clock }),
  });
}

type Receiving = ReceivingOptions & { readonly hasAllowList: boolean };

/** What the handlers of both interfaces get. */
function receivingOptions({ config, db, seen, ...sources }: CallbackSources): Receiving {
  return {
    hasAllowList: config.ALLOWED_SOURCES !== null,
    ownership: sources.ownership,
    recordRejection: createRejectionRecorder(db),
    recorder: sources.recorder,
    clock: sources.clock,
    acceptsRejected: config.ACCEPT_REJECTED_CALLBACKS,
    rejectionGraceMs: config.REJECTION_GRACE_MINUTES * MINUTE_MS,
    forwardsTests: config.FORWARD_TEST_CALLBACKS,
    dedupeWindowMs: config.DEDUPE_WINDOW_DAYS * DAY_MS,
    mockErrors: seen.mockErrors,
    isAccepting: sources.isAccepting,
  };
}

function responderOptions({ config, clock, logger, seen, ...sources }: CallbackSources): ResponderOptions {
  const { responseCounts, refusals } = seen;
  return {
    isSourceAllowed: config.ALLOWED_SOURCES === null ? null : createSourceCheck(config.ALLOWED_SOURCES),
    clock,
    logger,
    onResponse({ provider, result, source, durationMs }) {
      const { response, callbackType } = result;
      sources.countCallback(responseOf(result).status);
      responseCounts[response] = (responseCounts[response] ?? 0) + 1;
      sources.onCallback(response, { provider, type: callbackType }, durationMs);
      refusals.add(response, { at: new Date(clock.now()), callback: callbackType || null, source });
      if (response === 'digest_rejected') sources.secretUsage.digestRefused(callbackType);
    },
  };
}

/** Returns what notes the use of the current or previous value of a setting, by its place. */
function useOf(setting: string, { secretUsage }: CallbackSources): (place: number) => void {
  return (place) => secretUsage.used(settingAt(setting, place));
}

function credentialsOf(config: Config): Credentials[] {
  const pairs = [
    [config.BASIC_AUTH_USERNAME, config.BASIC_AUTH_PASSWORD],
    [config.BASIC_AUTH_USERNAME_PREVIOUS, config.BASIC_AUTH_PASSWORD_PREVIOUS],
  ] as const;
  return pairs.flatMap(([username, password]) =>
    username === null || password === null ? [] : [{ username, password }],
  );
}
