/**
 * `doctor`: checks the whole path before go-live, from the settings to a TEST callback that Resurs sends. It changes
 * nothing except for TEST events and a ping to the merchant; of a full run it keeps the counts, for `GET /status`. Neither
 * secrets nor digests are printed.
 */
import { randomBytes } from 'node:crypto';
import { styleText } from 'node:util';
import { createMapiAccount } from '../accounts/mapi-account.ts';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { formatSettingError, type SettingError } from '../config/setting-error.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { keepRun } from '../db/keep-run.ts';
import { CHECK_NAMES, type CheckName, fail } from '../doctor/check.ts';
import type { CheckContext } from '../doctor/context.ts';
import { summarizeRun } from '../doctor/last-run.ts';
import { publicInternet } from '../doctor/probe/internet.ts';
import { type CheckResult, runChecks } from '../doctor/run-checks.ts';
import { abortable } from '../lib/abortable.ts';
import { systemClock } from '../lib/clock.ts';
import { readVersion } from '../lib/version.ts';
import { defineUnconfiguredCommand, EXIT, type Terminal, UsageError } from './command.ts';
import { findCommandDatabase } from './database.ts';
import { createResursClients } from './with-resurs.ts';

const HELP = `Usage: receiver doctor [options]

Checks everything that has to be right before callbacks arrive: settings, salts, database, clock,
the public URL with its name, certificate and proxy, the webhook, the registrations at Resurs, and
what the Merchant API needs, where it is used.
Run it with the settings of the service, while the service runs. It sends TEST callbacks to the
public URL and a signed ping to the webhook, and takes at most 20 s.

  --only NAME[,NAME]   run only these checks
  --json               one JSON document on standard output

Checks: ${CHECK_NAMES.slice(0, 9).join(', ')},
${CHECK_NAMES.slice(9, 16).join(', ')},
${CHECK_NAMES.slice(16, 20).join(', ')},
${CHECK_NAMES.slice(20).join(', ')}.

Exit codes: 0 no check failed, 1 at least one failed, 64 wrong usage.`;

/** The timeout of one call to Resurs; two of them have to fit into a run. */
const RESURS_TIMEOUT_MS = 5_000;
/** A database that does not answer was found by a check, and is not waited for again. */
const KEEP_TIMEOUT_MS = 1_000;
/** Each check says by itself how the Merchant API answers it. */
const NO_PAUSE_MS = 0;

export const doctor = defineUnconfiguredCommand({
  summary: 'check the whole path before go-live',
  help: HELP,
  options: { only: { type: 'string' }, json: { type: 'boolean', default: false } },
  async run({ values, terminal }) {
    const names = parseNames(values.only);
    const startedAt = systemClock.elapsed();
    const results = await runAllChecks(loadConfig(terminal.env), names, terminal.stop);
    const durationMs = Math.round(systemClock.elapsed() - startedAt);
    const ok = results.every(({ status }) => status !== 'fail');
    if (values.json) terminal.print(JSON.stringify({ ok, durationMs, checks: results }));
    else printReport(results, durationMs, terminal);
    return ok ? EXIT.ok : EXIT.failed;
  },
});

function parseNames(only: string | undefined): readonly CheckName[] {
  if (only === undefined) return CHECK_NAMES;
  const words = only.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !CHECK_NAMES.some((name) => name === word));
  if (unknown !== undefined) {
    throw new UsageError(`--only names no check ${JSON.stringify(unknown)}. Checks are ${CHECK_NAMES.join(', ')}.`);
  }
  return CHECK_NAMES.filter((name) => words.includes(name));
}

async function runAllChecks(
  loaded: LoadResult,
  names: readonly CheckName[],
  stop = new AbortController().signal,
): Promise<readonly CheckResult[]> {
  if (loaded.outcome === 'invalid') return [{ name: 'configuration', ...configurationFailure(loaded.errors) }];

  const { config, warnings } = loaded;
  const resurs = config.RESURS_USERNAME === null ? null : createResursClients(config, RESURS_TIMEOUT_MS);
  const mapi = createMapiAccount(config, systemClock);
  const connectionString = await findCommandDatabase(config);
  const db = connectionString === null ? null : open(connectionString);
  const context: CheckContext = {
    config,
    warnings,
    database: connectionString === null || db === null ? null : { connectionString, db },
    resurs:
      resurs === null
        ? null
        : { channels: resurs.channels, restUrl: resurs.addresses.rest, dispatcher: resurs.dispatcher },
    mapi: mapi?.client(NO_PAUSE_MS) ?? null,
    internet: publicInternet(),
    clock: systemClock,
    randomBytes,
    version: readVersion(),
  };
  try {
    const results = await runChecks(context, names, stop);
    if (db !== null && names.length === CHECK_NAMES.length) await keepResults(db, results);
    return results;
  } finally {
    await Promise.all([resurs?.close(), mapi?.close(), db?.close()]);
  }
}

/** The report is what counts: it is the same where nothing can be kept, as before the first migration. */
async function keepResults(db: Database, results: readonly CheckResult[]): Promise<void> {
  const signal = AbortSignal.timeout(KEEP_TIMEOUT_MS);
  await abortable(keepRun(db, 'doctor', summarizeRun(results), signal), signal).catch(() => undefined);
}

function open(connectionString: string): Database {
  return openDatabase({ connectionString, poolSize: 4, onConnectionError: () => undefined });
}

/** The only result when the settings are invalid: every other check needs them. */
function configurationFailure(errors: readonly SettingError[]) {
  return fail(
    errors.map(formatSettingError).join(' | '),
    'Correct these first: the other checks need valid settings and were skipped.',
  );
}

const SIGNS = { pass: '✓', warn: '!', fail: '✗', skip: '-' } as const;
const COLOURS = { pass: 'green', warn: 'yellow', fail: 'red', skip: 'gray' } as const;

function printReport(results: readonly CheckResult[], durationMs: number, terminal: Terminal): void {
  const width = Math.max(...results.map(({ name }) => name.length));
  const firstWithFix = new Map<string, string>();
  for (const { name, status, reason, fix } of results) {
    terminal.print(`${styleText(COLOURS[status], SIGNS[status])} ${name.padEnd(width)}  ${reason}`);
    if (fix === null) continue;
    // One cause may fail several checks: its fix is printed once.
    const first = firstWithFix.get(fix);
    terminal.print(`  ${' '.repeat(width)}  Fix: ${first === undefined ? fix : `the same as for ${first}.`}`);
    if (first === undefined) firstWithFix.set(fix, name);
  }
  const count = (wanted: string) => results.filter(({ status }) => status === wanted).length;
  const seconds = (durationMs / 1000).toFixed(1);
  const counts = `${count('pass')} passed, ${count('warn')} warned, ${count('fail')} failed`;
  const skipped = count('skip') === 0 ? '' : `, ${count('skip')} skipped`;
  terminal.print(`\n${counts}${skipped} in ${seconds} s.`);
}
