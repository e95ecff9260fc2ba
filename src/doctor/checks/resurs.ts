/** The checks that ask Resurs: what it holds for us, and whether a TEST it sends comes all the way. */
import { errorSummary } from '../../lib/errors.ts';
import type { CallbackType } from '../../protocol/ecom/callback-types.ts';
import { CALLBACK_TYPES } from '../../protocol/ecom/callback-types.ts';
import { compareRegistration, describeDrift } from '../../registrations/drift.ts';
import { fetchAllRegistered, type Registered } from '../../registrations/registered.ts';
import { type RoundTripResult, triggerRoundTrip } from '../../registrations/round-trip.ts';
import { describeFailure, type ResursFailure } from '../../resurs/failure.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Without these a shop does not hear of its orders. Source: docs/resurs.md, Which types. */
const INDISPENSABLE: readonly CallbackType[] = ['BOOKED', 'UPDATE', 'UNFREEZE'];

/** How long the TEST may take; Resurs' second try would come after 30 s, which nobody waits for here. */
const ROUND_TRIP_WAIT_MS = 8_000;

/** Resurs holds what the settings want. */
export async function checkRegistrations(
  { resurs, config, clock }: CheckContext,
  signal: AbortSignal,
): Promise<Finding> {
  if (resurs === null) return withoutAccount();
  if (config.PUBLIC_URL === null) return fail('Not looked at: PUBLIC_URL is not set.', 'Set PUBLIC_URL.');

  const held = await fetchAllRegistered(resurs.channels, CALLBACK_TYPES, signal);
  const nowMs = clock.now();
  const drifts = CALLBACK_TYPES.map((type) => {
    return { type, drift: compareRegistration(type, held.get(type) ?? { outcome: 'nothing' }, { config, nowMs }) };
  });
  const unreadable = drifts.filter(({ drift }) => drift.outcome === 'unreadable').map(({ type }) => type);
  if (unreadable.length > 0) return judgeUnreadable(unreadable, held);

  const off = drifts.filter(({ drift }) => drift.outcome !== 'as_configured');
  if (off.length === 0) return pass('all seven types are registered as the settings want');
  const reason = `${off.map(({ type, drift }) => `${type} ${describeDrift(drift)}`).join('; ')}.`;
  const fix = `node src/main.ts register ${off.map(({ type }) => type).join(' ')}`;
  const isHarmless = off.every(({ type, drift }) => drift.outcome === 'missing' && !INDISPENSABLE.includes(type));
  return isHarmless ? warn(reason, fix) : fail(reason, fix);
}

/** A TEST comes from Resurs into the database. */
export async function checkTestCallback(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { resurs, database, config, clock, randomBytes } = context;
  if (resurs === null) return withoutAccount();
  if (database === null) return fail('Not looked at: there is no database to find it in.', 'See database.');

  const { soap } = resurs.channels;
  try {
    const options = { soap, db: database.db, config, clock, randomBytes, waitMs: ROUND_TRIP_WAIT_MS };
    return interpretRoundTrip(await triggerRoundTrip(options, signal));
  } catch (error) {
    signal.throwIfAborted();
    return fail(`Not seen: the database cannot be asked (${errorSummary(error)}).`, 'See database.');
  }
}

function interpretRoundTrip(trip: RoundTripResult): Finding {
  switch (trip.outcome) {
    case 'arrived':
      return pass(`came from Resurs and was stored after ${(trip.durationMs / 1000).toFixed(1)} s`);
    case 'unprovable':
      return fail(
        'A TEST could not prove itself and would not be stored.',
        'Set DIGEST_KEY, DIGEST_SALT_TEST or Basic credentials.',
      );
    case 'not_triggered':
      return judgeFailures([trip.failure], 'Register TEST: node src/main.ts register TEST');
    case 'not_arrived':
      return fail(
        `Resurs was asked, but nothing came in ${Math.round(trip.waitedMs / 1000)} s.`,
        'Put right what the checks above say; then look at registrations and at the log of the service.',
      );
  }
}

function judgeUnreadable(types: readonly CallbackType[], held: ReadonlyMap<string, Registered>): Finding {
  const failures = types.flatMap((type) => {
    const state = held.get(type);
    return state?.outcome === 'unknown' ? state.failures : [];
  });
  return judgeFailures(failures, 'Look at the text of Resurs; its support can tell more about it.');
}

/** Not having reached Resurs says nothing about callbacks; having been refused does. */
function judgeFailures(failures: readonly ResursFailure[], fix: string): Finding {
  const reason = [...new Set(failures.map(describeFailure))].join(' | ');
  if (failures.some(({ kind }) => kind === 'credentials')) {
    return fail(reason, 'Set RESURS_USERNAME and RESURS_PASSWORD to the account of this RESURS_ENVIRONMENT.');
  }
  const isUnreached = failures.every(({ kind }) => kind === 'unreachable' || kind === 'timed_out');
  return isUnreached
    ? warn(`Resurs could not be asked: ${reason}`, 'Let this machine reach Resurs over https, then run doctor again.')
    : fail(reason, fix);
}

function withoutAccount(): Finding {
  return warn(
    'Not looked at: RESURS_USERNAME is not set, so Resurs cannot be asked.',
    'Set RESURS_USERNAME and RESURS_PASSWORD.',
  );
}
