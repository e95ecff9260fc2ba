/** The checks that call Resurs: what is registered there, and whether a TEST from Resurs reaches the database. */
import { errorSummary } from '../../lib/errors.ts';
import { CALLBACK_TYPES, type CallbackType } from '../../protocol/ecom/callback-types.ts';
import { compareRegistration, describeDrift } from '../../registrations/drift.ts';
import { fetchAllRegistered, type Registered } from '../../registrations/registered.ts';
import { type RoundTripResult, triggerRoundTrip } from '../../registrations/round-trip.ts';
import { describeFailure, type ResursFailure } from '../../resurs/failure.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Without these a shop gets no news of its orders. Source: docs/resurs.md, Which types. */
const INDISPENSABLE: readonly CallbackType[] = ['BOOKED', 'UPDATE', 'UNFREEZE'];

/** How long the TEST may take; Resurs' second try would come after 30 s, longer than a run of doctor. */
const ROUND_TRIP_WAIT_MS = 8_000;

/** Checks that the registrations at Resurs match the settings. */
export async function checkRegistrations(
  { resurs, config, clock }: CheckContext,
  signal: AbortSignal,
): Promise<Finding> {
  if (resurs === null) return withoutAccount();
  if (config.PUBLIC_URL === null) return fail('Skipped: PUBLIC_URL is not set.', 'Set PUBLIC_URL.');

  const registered = await fetchAllRegistered(resurs.channels, CALLBACK_TYPES, signal);
  const nowMs = clock.now();
  const drifts = CALLBACK_TYPES.map((type) => {
    const current = registered.get(type) ?? { outcome: 'nothing' };
    return { type, drift: compareRegistration(type, current, { config, nowMs }) };
  });
  const unreadable = drifts.filter(({ drift }) => drift.outcome === 'unreadable').map(({ type }) => type);
  if (unreadable.length > 0) return explainUnreadable(unreadable, registered);

  const drifted = drifts.filter(({ drift }) => drift.outcome !== 'as_configured');
  if (drifted.length === 0) return pass('all seven types are registered as configured');
  const reason = `${drifted.map(({ type, drift }) => `${type} ${describeDrift(drift)}`).join('; ')}.`;
  const fix = `node src/main.ts register ${drifted.map(({ type }) => type).join(' ')}`;
  const isHarmless = drifted.every(({ type, drift }) => drift.outcome === 'missing' && !INDISPENSABLE.includes(type));
  return isHarmless ? warn(reason, fix) : fail(reason, fix);
}

/** Checks that a TEST arrives from Resurs and is stored. */
export async function checkTestCallback(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { resurs, database, config, clock, randomBytes } = context;
  if (resurs === null) return withoutAccount();
  if (database === null) return fail('Skipped: no database.', 'See database.');

  const { soap } = resurs.channels;
  try {
    const options = { soap, db: database.db, config, clock, randomBytes, waitMs: ROUND_TRIP_WAIT_MS };
    return interpretRoundTrip(await triggerRoundTrip(options, signal));
  } catch (error) {
    signal.throwIfAborted();
    return fail(`Unknown: the database query failed (${errorSummary(error)}).`, 'See database.');
  }
}

function interpretRoundTrip(result: RoundTripResult): Finding {
  switch (result.outcome) {
    case 'arrived':
      return pass(`came from Resurs and was stored after ${(result.durationMs / 1000).toFixed(1)} s`);
    case 'not_storable':
      return fail(
        'Skipped: the service would not store a TEST, because nothing authenticates it.',
        'Set DIGEST_KEY, DIGEST_SALT_TEST or Basic credentials.',
      );
    case 'not_triggered':
      return explainFailures([result.failure], 'Register TEST: node src/main.ts register TEST');
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

/** Warns when Resurs was not reached, which says nothing about callbacks; fails when it refused. */
function explainFailures(failures: readonly ResursFailure[], fix: string): Finding {
  const reason = [...new Set(failures.map(describeFailure))].join(' | ');
  if (failures.some(({ kind }) => kind === 'credentials')) {
    return fail(reason, 'Set RESURS_USERNAME and RESURS_PASSWORD to the account of this RESURS_ENVIRONMENT.');
  }
  const isUnreached = failures.every(({ kind }) => kind === 'unreachable' || kind === 'timed_out');
  return isUnreached
    ? warn(
        `Skipped: Resurs was not reached: ${reason}`,
        'Let this machine reach Resurs over https, then run doctor again.',
      )
    : fail(reason, fix);
}

function withoutAccount(): Finding {
  return warn('Skipped: RESURS_USERNAME is not set.', 'Set RESURS_USERNAME and RESURS_PASSWORD.');
}
