/**
 * `reconcile`: one run of reconciliation in a process of its own. It does what the service does every RECONCILE_INTERVAL,
 * under the same lock, so the two never run at once.
 */
import type { SettingError } from '../../config/setting-error.ts';
import type { Config } from '../../config/settings.ts';
import { type Database, openDatabase } from '../../db/client.ts';
import { type Clock, systemClock } from '../../lib/clock.ts';
import { parseIsoTime } from '../../lib/iso-time.ts';
import { createParts, type Parts } from '../../reconciliation/parts.ts';
import { type Command, defineCommand, EXIT, printSettingErrors, type Terminal, UsageError } from '../command.ts';
import { findCommandDatabase, NO_SERVICE, printDatabaseFailure } from '../database.ts';
import { reportJson, reportLines } from './report.ts';
import { type RunOnceOptions, runOnce } from './run-once.ts';

const HELP = `Usage: receiver reconcile [--since TIME] [--dry-run] [--json]

Asks Resurs for payments whose callbacks never came, and reports what was missed to the merchant, as
one payment.reconciled each. It goes on where the last run has ended; the first one begins 48 hours
back. The service does the same every RECONCILE_INTERVAL, and never at the same time.

Needs the database of the service, and RESURS_USERNAME and RESURS_PASSWORD or MAPI_CLIENT_ID and
MAPI_CLIENT_SECRET; with both accounts both interfaces are asked.

  --since TIME   begin there instead (ISO 8601, UTC without a zone)
  --dry-run      only show what is missed: nothing is stored, and the next run begins where this did
  --json         one JSON document on standard output

Exit codes: 0 everything was asked, 1 Resurs could not be asked for something or an event could not be
stored, 64 wrong usage, 78 settings missing or wrong.`;

const NO_ACCOUNT: SettingError = {
  setting: 'RESURS_USERNAME',
  problem: 'is not set, and neither is MAPI_CLIENT_ID, so Resurs cannot be asked',
  fix: 'set RESURS_USERNAME and RESURS_PASSWORD, or MAPI_CLIENT_ID and MAPI_CLIENT_SECRET',
};

/** Callbacks are stored by the service; here one event is stored while others are judged, and the lease is renewed. */
const POOL_SIZE = 3;

/** Defines the command over the parts that `createPartsOf` creates. */
export function createReconcileCommand(createPartsOf: (config: Config, clock: Clock) => Parts): Command {
  return defineCommand({
    summary: 'find missed callbacks by asking Resurs',
    help: HELP,
    options: {
      since: { type: 'string' },
      'dry-run': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
    parse: ({ since }) => parseSince(since),
    async run({ parsed: since, values: { 'dry-run': dryRun, json }, config, terminal }) {
      const parts = createPartsOf(config, systemClock);
      try {
        if (parts.all.length === 0) return printSettingErrors([NO_ACCOUNT], terminal);
        return await withDatabase(config, terminal, (db) => run({ parts, db, config, since, dryRun, json, terminal }));
      } finally {
        await parts.close();
      }
    },
  });
}

export const reconcile = createReconcileCommand(createParts);

/** Null: where the last run has ended. */
function parseSince(text: string | undefined): Date | null {
  const since = parseIsoTime(text);
  if (since === null) throw new UsageError('--since is no date and time in ISO 8601, such as 2026-11-20T12:00:00Z.');
  if (since !== undefined && since.getTime() > systemClock.now()) throw new UsageError('--since lies in the future.');
  return since ?? null;
}

async function withDatabase(
  config: Config,
  terminal: Terminal,
  work: (db: Database) => Promise<number>,
): Promise<number> {
  const connectionString = await findCommandDatabase(config);
  if (connectionString === null) {
    terminal.printError(NO_SERVICE);
    return EXIT.failed;
  }
  const db = openDatabase({ connectionString, poolSize: POOL_SIZE, onConnectionError: () => undefined });
  try {
    return await work(db);
  } finally {
    await db.close();
  }
}

async function run({ json, ...options }: RunOnceOptions & { readonly json: boolean }): Promise<number> {
  const { terminal, dryRun, config } = options;
  const signal = terminal.stop ?? new AbortController().signal;
  try {
    const ended = await runOnce(options, signal);
    if (ended.outcome === 'not_run') {
      terminal.printError(ended.reason);
      return EXIT.failed;
    }
    const report = { ...ended, environment: config.RESURS_ENVIRONMENT, dryRun };
    if (json) terminal.print(JSON.stringify(reportJson(report)));
    else for (const line of reportLines(report)) terminal.print(line);
    if (ended.error === null) return EXIT.ok;
    terminal.printError(`Not complete: ${ended.error}. The next run goes on from there.`);
    return EXIT.failed;
  } catch (error) {
    if (signal.aborted) terminal.printError('Stopped on request.');
    else printDatabaseFailure(error, 'The database query failed', terminal);
    return EXIT.failed;
  }
}
