/**
 * `trigger-test`: requests a TEST callback from Resurs and waits until the running service has stored it. The one of the
 * Merchant API (`--mapi`) is in trigger-mapi-test.ts.
 */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/settings.ts';
import { integer } from '../config/types/basic.ts';
import { openDatabase } from '../db/client.ts';
import { publicId } from '../events/public-id.ts';
import { systemClock } from '../lib/clock.ts';
import { adviceFor } from '../registrations/failure-advice.ts';
import { type RoundTripResult, saltProof, triggerRoundTrip } from '../registrations/round-trip.ts';
import { describeFailure, type ResursFailure } from '../resurs/failure.ts';
import { defineCommand, EXIT, type Terminal, UsageError } from './command.ts';
import { findCommandDatabase, NO_SERVICE, printDatabaseFailure } from './database.ts';
import { triggerMapiTest } from './trigger-mapi-test.ts';
import { type ResursAccess, withResurs } from './with-resurs.ts';

const HELP = `Usage: receiver trigger-test [--mapi] [--wait SECONDS]

Requests a TEST callback from Resurs, waits until the running service has stored it, and prints how
long that took. TEST has to be registered before, and the service has to be running with the same
settings. The first try comes at once; Resurs retries a failed one after 30 s.

Needs RESURS_USERNAME and RESURS_PASSWORD; RESURS_ENVIRONMENT says which Resurs.

  --mapi           the test callback of the Merchant API: Resurs calls the URL of mapi-urls and says
                   how that went. Nothing has to be registered. Needs PUBLIC_URL,
                   MAPI_CALLBACK_PATHS, MAPI_CLIENT_ID and MAPI_CLIENT_SECRET. Without
                   MAPI_CALLBACK_TOKEN the service stores no test, so Resurs' word alone counts
  --wait SECONDS   how long to wait for the callback (90; with --mapi 10, after Resurs' report)

Exit codes: 0 it has arrived, 1 it has not, 64 wrong usage, 78 settings missing or wrong.`;

/** Resurs may need a retry, which comes after 30 s. */
const USUAL_WAIT_MS = 90_000;
/** Resurs reports when the callback is answered, and it is answered when it is stored. */
const USUAL_MAPI_WAIT_MS = 10_000;

export const triggerTest = defineCommand({
  summary: 'request a TEST callback from Resurs and wait for it',
  help: HELP,
  options: { wait: { type: 'string' }, mapi: { type: 'boolean', default: false } },
  parse: ({ wait }) => (wait === undefined ? null : parseWait(wait)),
  async run({ parsed: waitMs, values: { mapi }, config, terminal }) {
    if (mapi) return triggerMapiTest({ config, waitMs: waitMs ?? USUAL_MAPI_WAIT_MS, terminal });
    return withResurs(config, { needed: ['RESURS_USERNAME'], terminal }, (access) => {
      return runRoundTrip(access, { config, waitMs: waitMs ?? USUAL_WAIT_MS, terminal });
    });
  },
});

/** Returns milliseconds. */
function parseWait(text: string): number {
  const seconds = integer({ min: 1, max: 3_600 }).parse(text);
  if (seconds.outcome === 'refused') {
    throw new UsageError(`--wait ${seconds.problem}: give seconds from 1 to 3600.`);
  }
  return seconds.value * 1_000;
}

interface TriggerOptions {
  readonly config: Config;
  readonly waitMs: number;
  readonly terminal: Terminal;
}

async function runRoundTrip(
  { channels, signal }: ResursAccess,
  { config, waitMs, terminal }: TriggerOptions,
): Promise<number> {
  const connectionString = await findCommandDatabase(config);
  if (connectionString === null) {
    terminal.printError(NO_SERVICE);
    return EXIT.failed;
  }

  const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  const { soap } = channels;
  try {
    const trip = await triggerRoundTrip({ soap, db, config, clock: systemClock, randomBytes, waitMs }, signal);
    for (const line of roundTripLines(trip, config)) terminal.print(line);
    return trip.outcome === 'arrived' ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (signal.aborted) throw error;
    printDatabaseFailure(error, 'The database query failed', terminal);
    return EXIT.failed;
  } finally {
    await db.close();
  }
}

function roundTripLines(trip: RoundTripResult, config: Config): string[] {
  switch (trip.outcome) {
    case 'arrived': {
      const seconds = (trip.durationMs / 1000).toFixed(1);
      const proof = saltProof(trip.event, config);
      return [
        `TEST arrived ${seconds} s after the request to Resurs and is stored as ${publicId(trip.event.id)}.`,
        ...(proof === null ? [] : [`Salts: ${proof}. The command registrations compares those of all types.`]),
      ];
    }
    case 'not_storable':
      return ['A TEST would be unauthenticated and not stored: set DIGEST_KEY, DIGEST_SALT_TEST or Basic credentials.'];
    case 'not_triggered':
      return notTriggeredLines(trip.failure);
    case 'not_arrived':
      return [
        `Resurs accepted the request, but nothing was stored in ${(trip.waitedMs / 1000).toFixed(0)} s.`,
        'Check the service log for a refused callback (digest_rejected: TEST is registered with another salt, so run',
        'register), URL and salts with registrations, and the whole path with doctor.',
      ];
  }
}

function notTriggeredLines(failure: ResursFailure): string[] {
  const { cause, fix } = adviceFor([failure]);
  const text = describeFailure(failure);
  if (cause === 'unreached') return [`Resurs does not answer: ${text}`, fix];
  const register = 'TEST has to be registered first: receiver register TEST';
  return [`Resurs rejected the request: ${text}`, cause === 'credentials' ? fix : register];
}
