/**
 * `trigger-test --mapi`: has the Merchant API send its test callback, explains Resurs' word for it, and waits until the
 * running service has stored it.
 */
import { randomBytes } from 'node:crypto';
import { createMapiAccount, type MapiAccount } from '../accounts/mapi-account.ts';
import type { Config } from '../config/settings.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { publicId } from '../events/public-id.ts';
import { systemClock } from '../lib/clock.ts';
import { type MapiRoundTripResult, mapiRoundTrip } from '../registrations/mapi-round-trip.ts';
import { mapiTarget } from '../registrations/mapi-target.ts';
import { describeReport, explainReport, isAccepted, isFromOtherServer } from '../registrations/mapi-test-words.ts';
import { describeFailure } from '../resurs/failure.ts';
import type { TestCallbackReport } from '../resurs/mapi-parser.ts';
import { EXIT, type Terminal } from './command.ts';
import { findCommandDatabase, NO_SERVICE, printDatabaseFailure } from './database.ts';
import { reportMissing } from './mapi-settings.ts';

/** Resurs' own library waits so long for the Merchant API. */
const CALL_TIMEOUT_MS = 30_000;
/** One call is made, so there is nothing to pause. */
const PAUSE_MS = 0;

export interface MapiTestOptions {
  readonly config: Config;
  readonly waitMs: number;
  readonly terminal: Terminal;
}

/** Resolves with the exit code. */
export async function triggerMapiTest({ config, waitMs, terminal }: MapiTestOptions): Promise<number> {
  const target = mapiTarget(config);
  const account = createMapiAccount(config, systemClock);
  if (target === null || account === null) {
    await account?.close();
    return reportMissing(['PUBLIC_URL', 'MAPI_CALLBACK_PATHS', 'MAPI_CLIENT_ID'], { config, terminal });
  }
  try {
    if (config.MAPI_CALLBACK_TOKEN === null) return await run({ account, target, db: null, config, waitMs, terminal });
    const connectionString = await findCommandDatabase(config);
    if (connectionString === null) {
      terminal.printError(NO_SERVICE);
      return EXIT.failed;
    }
    const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
    try {
      return await run({ account, target, db, config, waitMs, terminal });
    } finally {
      await db.close();
    }
  } finally {
    await account.close();
  }
}

interface RunOptions extends MapiTestOptions {
  readonly account: MapiAccount;
  readonly target: string;
  readonly db: Database | null;
}

async function run({ account, target, db, config, waitMs, terminal }: RunOptions): Promise<number> {
  const signal = terminal.stop ?? new AbortController().signal;
  const client = account.client(PAUSE_MS);
  const options = { client, db, config, target, clock: systemClock, randomBytes, callMs: CALL_TIMEOUT_MS, waitMs };
  try {
    const trip = await mapiRoundTrip(options, signal);
    for (const line of linesOf(trip)) terminal.print(line);
    return isRight(trip) ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (signal.aborted) terminal.printError('Stopped on request.');
    else printDatabaseFailure(error, 'The database query failed', terminal);
    return EXIT.failed;
  }
}

/** Resurs repeats what it does not count as delivered, even if it has arrived. */
function isRight(trip: MapiRoundTripResult): boolean {
  return (trip.outcome === 'arrived' || trip.outcome === 'reported') && isDelivered(trip.report);
}

function isDelivered(report: TestCallbackReport): boolean {
  return isAccepted(report) && !isFromOtherServer(report);
}

function linesOf(trip: MapiRoundTripResult): string[] {
  switch (trip.outcome) {
    case 'not_triggered':
      return [
        `The Merchant API did not take the request: ${describeFailure(trip.failure)}`,
        'Check it with: receiver doctor',
      ];
    case 'reported':
      return [
        ...reportLines(trip.report),
        `That is all: without MAPI_CALLBACK_TOKEN a test is not stored, so Resurs' word alone counts (after ${seconds(trip.durationMs)} s).`,
      ];
    case 'arrived':
      return [
        `The test arrived ${seconds(trip.durationMs)} s after the request to Resurs and is stored as ${publicId(trip.event.id)}.`,
        ...reportLines(trip.report),
      ];
    case 'not_arrived':
      return [
        ...reportLines(trip.report),
        `Nothing was stored within ${seconds(trip.waitedMs)} s of that.`,
        ...(isDelivered(trip.report)
          ? ['Run this with the DATABASE_URL and the MAPI_CALLBACK_TOKEN of the running service.']
          : []),
      ];
  }
}

function reportLines(report: TestCallbackReport): string[] {
  const { meaning, fix } = explainReport(report);
  return [`Resurs reports ${describeReport(report)}: ${meaning}.`, ...(fix === null ? [] : [fix])];
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
