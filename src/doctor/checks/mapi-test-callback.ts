/** The check `mapi-test-callback`: the Merchant API's own test callback reaches the receiver, and is stored. */
import { errorSummary } from '../../lib/errors.ts';
import { type MapiRoundTripResult, mapiRoundTrip } from '../../registrations/mapi-round-trip.ts';
import { mapiTarget } from '../../registrations/mapi-target.ts';
import { describeReport, explainReport } from '../../registrations/mapi-test-words.ts';
import type { TestCallbackReport } from '../../resurs/mapi-parser.ts';
import { type Finding, fail, notLookedAt, pass, skip } from '../check.ts';
import type { CheckContext } from '../context.ts';
import { orCredentials, withoutMapiAccount } from './mapi-account.ts';
import { NO_MAPI_CALLBACKS } from './mapi-token.ts';

/** Together they fit into a run of doctor. */
const CALL_MS = 10_000;
const WAIT_MS = 3_000;

/** Asks for one test. Rejects only with the reason of `signal`. */
export async function checkMapiTestCallback(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const { mapi, database, config, clock, randomBytes } = context;
  if (config.MAPI_CALLBACK_PATHS === null) return NO_MAPI_CALLBACKS;
  if (mapi === null) return withoutMapiAccount(config);
  const target = mapiTarget(config);
  if (target === null) return skip('PUBLIC_URL is not set', 'public-url');
  const isStored = config.MAPI_CALLBACK_TOKEN !== null;
  if (isStored && database === null) return skip('there is no database', 'database');

  const db = isStored ? (database?.db ?? null) : null;
  const options = { client: mapi, db, config, target, clock, randomBytes, callMs: CALL_MS, waitMs: WAIT_MS };
  try {
    return interpret(await mapiRoundTrip(options, signal));
  } catch (error) {
    signal.throwIfAborted();
    return skip(`the database query failed (${errorSummary(error)})`, 'database');
  }
}

function interpret(trip: MapiRoundTripResult): Finding {
  switch (trip.outcome) {
    case 'not_triggered':
      return orCredentials(trip.failure);
    case 'reported':
      return (
        explained(trip.report) ??
        pass(`Resurs reports ${describeReport(trip.report)}; without a token a test is not stored`)
      );
    case 'arrived': {
      const arrived = `came from Resurs and was stored after ${(trip.durationMs / 1000).toFixed(1)} s`;
      return explained(trip.report) ?? pass(arrived);
    }
    case 'not_arrived':
      return (
        explained(trip.report) ??
        fail(
          `Resurs reports ${describeReport(trip.report)}, but no test was stored.`,
          'Run doctor with the DATABASE_URL and the MAPI_CALLBACK_TOKEN of the running service.',
        )
      );
  }
}

/** Null where Resurs counts the test as delivered to this receiver. */
function explained(report: TestCallbackReport): Finding | null {
  const { meaning, fix } = explainReport(report);
  if (fix === null) return null;
  const reason = `Resurs reports ${describeReport(report)}: ${meaning}.`;
  return report.status === 'RATE_LIMITED' ? notLookedAt(reason, fix) : fail(reason, fix);
}
