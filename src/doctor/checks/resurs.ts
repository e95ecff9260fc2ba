/** The checks that call Resurs: what is registered there, and whether a TEST from Resurs reaches the database. */
import type { Config } from '../../config/settings.ts';
import { errorSummary } from '../../lib/errors.ts';
import { CALLBACK_TYPES, type CallbackType } from '../../protocol/ecom/callback-types.ts';
import { compareRegistration, describeDrift } from '../../registrations/drift.ts';
import { adviceFor, distinctFailures } from '../../registrations/failure-advice.ts';
import {
  afterRegister,
  describePluginPhase,
  END_OF_PLUGIN_PHASE,
  findPluginPhase,
  INDISPENSABLE,
  type OwnRegistration,
} from '../../registrations/plugin-phase.ts';
import { fetchAllRegistered, type Registered } from '../../registrations/registered.ts';
import { type RoundTripResult, saltProof, triggerRoundTrip } from '../../registrations/round-trip.ts';
import { describeFailure, type ResursFailure } from '../../resurs/failure.ts';
import { listRegisteredSalts } from '../../secrets/registered-salts.ts';
import { type Finding, fail, notLookedAt, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { isEcomUsed, NO_ECOM } from '../ecom-use.ts';
import { checkRegisteredSalts, type TypeDrift } from './registered-salts.ts';

/** How long the TEST may take; Resurs' second try would come after 30 s, longer than a run of doctor. */
const ROUND_TRIP_WAIT_MS = 8_000;

/** Checks that the registrations at Resurs match the settings, and the salts that `register` has stored. */
export async function checkRegistrations(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { resurs, config, clock } = context;
  if (resurs === null) return withoutAccount(context);
  if (config.PUBLIC_URL === null) return skip('PUBLIC_URL is not set', 'public-url');

  const registered = await fetchAllRegistered(resurs.channels, CALLBACK_TYPES, signal);
  const nowMs = clock.now();
  const own = await ownRegistrations(context);
  const drifts = CALLBACK_TYPES.map((type): TypeDrift => {
    const current = registered.get(type) ?? { outcome: 'nothing' };
    const drift = compareRegistration(type, current, { config, nowMs });
    return { type, registered: current, drift: afterRegister(drift, { type, registered: current }, own) };
  });
  const phase = findPluginPhase(drifts);
  const read = drifts.filter(({ drift }) => drift.outcome === 'as_configured' || drift.outcome === 'taken_over');
  const drifted = drifts.filter((each) => !read.includes(each) && !phase.added.includes(each.type));
  const salts = await checkRegisteredSalts(read, context);
  if (drifted.length === 0 && phase.takenOver.length === 0) return salts;
  const unreadable = drifted.filter(({ drift }) => drift.outcome === 'unreadable').map(({ type }) => type);
  const finding =
    drifted.length === 0
      ? warn(describePluginPhase(phase, config).join(' '), END_OF_PLUGIN_PHASE)
      : unreadable.length > 0
        ? explainUnreadable(unreadable, registered)
        : explainDrift(drifted);
  // Another type's URL must not hide that callbacks are refused.
  return salts.status === 'fail' ? both(salts, finding) : finding;
}

/** Without a database nothing is known; `checkRegisteredSalts` says so. */
async function ownRegistrations({ database, config }: CheckContext): Promise<readonly OwnRegistration[]> {
  if (database === null) return [];
  return listRegisteredSalts(database.db, config.RESURS_ENVIRONMENT).catch(() => []);
}

function both(first: Finding, second: Finding): Finding {
  return fail(`${first.reason} ${second.reason}`, `${first.fix} ${second.fix}`);
}

function explainDrift(drifted: readonly TypeDrift[]): Finding {
  const reason = `${drifted.map(({ type, drift }) => `${type} ${describeDrift(drift)}`).join('; ')}.`;
  const fixes = new Set(drifted.flatMap(({ drift }) => (drift.outcome === 'different' ? (drift.fix ?? []) : [])));
  const fix = [...fixes, `receiver register ${drifted.map(({ type }) => type).join(' ')}`].join(' Else: ');
  const isHarmless = drifted.every(({ type, drift }) => drift.outcome === 'missing' && !INDISPENSABLE.includes(type));
  return isHarmless ? warn(reason, fix) : fail(reason, fix);
}

/** Checks that a TEST arrives from Resurs and is stored. */
export async function checkTestCallback(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { resurs, database, config, clock, randomBytes } = context;
  if (resurs === null) return withoutAccount(context);
  if (database === null) return skip('there is no database', 'database');

  const { soap } = resurs.channels;
  try {
    const options = { soap, db: database.db, config, clock, randomBytes, waitMs: ROUND_TRIP_WAIT_MS };
    return interpretRoundTrip(await triggerRoundTrip(options, signal), config);
  } catch (error) {
    signal.throwIfAborted();
    return skip(`the database query failed (${errorSummary(error)})`, 'database');
  }
}

function interpretRoundTrip(result: RoundTripResult, config: Config): Finding {
  switch (result.outcome) {
    case 'arrived': {
      const proof = saltProof(result.event, config);
      const suffix = proof === null ? '' : `; ${proof}`;
      return pass(`came from Resurs and was stored after ${(result.durationMs / 1000).toFixed(1)} s${suffix}`);
    }
    case 'not_storable':
      return notLookedAt(
        'the service would not store a TEST, because nothing authenticates it.',
        'Set DIGEST_KEY, DIGEST_SALT_TEST or Basic credentials.',
      );
    case 'not_triggered':
      return explainFailures([result.failure], 'Register TEST: receiver register TEST');
    case 'not_arrived':
      return fail(
        `Resurs accepted the request for a TEST, but none was stored within ${Math.round(result.waitedMs / 1000)} s.`,
        'Fix what the checks above report; then check registrations and the log of the service.',
      );
  }
}

function explainUnreadable(types: readonly CallbackType[], registered: ReadonlyMap<string, Registered>): Finding {
  const failures = types.flatMap((type) => {
    const current = registered.get(type);
    return current?.outcome === 'unknown' ? current.failures : [];
  });
  return explainFailures(failures, 'Read the error text of Resurs; its support can explain it.');
}

/** Skips when Resurs was not reached, which says nothing about callbacks; fails when it refused. */
function explainFailures(failures: readonly ResursFailure[], fix: string): Finding {
  const reason = distinctFailures(failures).map(describeFailure).join(' | ');
  const advice = adviceFor(failures);
  switch (advice.cause) {
    case 'credentials':
      return fail(reason, advice.fix);
    case 'unreached':
      return notLookedAt(`Resurs was not reached: ${reason}`, advice.fix);
    case 'refused':
      return fail(reason, fix);
  }
}

async function withoutAccount(context: CheckContext): Promise<Finding> {
  if (!(await isEcomUsed(context))) return NO_ECOM;
  return notLookedAt('RESURS_USERNAME is not set.', 'Set RESURS_USERNAME and RESURS_PASSWORD.');
}
