/**
 * The daily check of what is registered at Resurs, compared with the settings. It changes nothing. What it finds is
 * kept with the job; a check that could not ask keeps what the one before has found.
 */
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import type { JobOutcome } from '../db/leader-lock.ts';
import type { Clock } from '../lib/clock.ts';
import { createOutbound } from '../outbound/outbound.ts';
import { CALLBACK_TYPES, type CallbackType } from '../protocol/ecom/callback-types.ts';
import { compareRegistration, type Drift, describeDrift } from '../registrations/drift.ts';
import { afterRegister, findPluginPhase, INDISPENSABLE, type OwnRegistration } from '../registrations/plugin-phase.ts';
import { fetchAllRegistered, type Registered } from '../registrations/registered.ts';
import { resursAddresses } from '../resurs/addresses.ts';
import { createRestClient } from '../resurs/rest.ts';
import { createSoapClient } from '../resurs/soap.ts';
import { listRegisteredSalts } from '../secrets/registered-salts.ts';

const CALL_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 8;

export interface RegistrationCheckOptions {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Pick<Clock, 'now'>;
}

/** Checks once. Needs an account and PUBLIC_URL. Throws only when `signal` ends it, or the database fails. */
export async function checkRegistrations(
  { config, db, clock }: RegistrationCheckOptions,
  signal: AbortSignal,
): Promise<JobOutcome> {
  const { channels, close } = openChannels(config);
  try {
    const all = await fetchAllRegistered(channels, CALLBACK_TYPES, signal);
    const own = await listRegisteredSalts(db, config.RESURS_ENVIRONMENT);
    const compared = CALLBACK_TYPES.map((type) => {
      const registered: Registered = all.get(type) ?? { outcome: 'nothing' };
      const drift = compareRegistration(type, registered, { config, nowMs: clock.now() });
      return { type, drift: afterRegister(drift, { type, registered }, own) };
    });
    return interpret(compared, own);
  } finally {
    await close();
  }
}

type Compared = readonly { readonly type: CallbackType; readonly drift: Drift }[];

/** What differs, or that nothing is known. A type that was never registered counts only where shops need it. */
function interpret(compared: Compared, own: readonly OwnRegistration[]): JobOutcome {
  const { added } = findPluginPhase(compared);
  const wrong = compared.filter(({ type, drift }) => {
    if (drift.outcome === 'different') return true;
    if (drift.outcome !== 'missing' || added.includes(type)) return false;
    return INDISPENSABLE.includes(type) || own.some((each) => each.type === type);
  });
  if (wrong.length > 0) {
    const problem = wrong.map(({ type, drift }) => `${type}: ${describeDrift(drift)}`).join('; ');
    return { outcome: 'succeeded', result: { problem: `${problem}.` } };
  }
  const unread = compared.filter(({ drift }) => drift.outcome === 'unreadable').map(({ type }) => type);
  if (unread.length > 0) return { outcome: 'failed', error: `cannot be read: ${unread.join(', ')}`, result: null };
  return { outcome: 'succeeded', result: { problem: null } };
}

function openChannels(config: Config) {
  const { RESURS_USERNAME: username, RESURS_PASSWORD: password } = config;
  if (username === null || password === null) throw new TypeError('Resurs cannot be called without an account');
  const addresses = resursAddresses(config);
  const outbound = createOutbound({
    proxies: config,
    connections: MAX_CONNECTIONS,
    connectTimeoutMs: CALL_TIMEOUT_MS,
  });
  const common = { account: { username, password }, dispatcher: outbound.dispatcher, timeoutMs: CALL_TIMEOUT_MS };
  const rest = createRestClient({ ...common, baseUrl: addresses.rest });
  const soap = createSoapClient({ ...common, baseUrl: addresses.soap });
  return { channels: { rest, soap }, close: outbound.destroy };
}
