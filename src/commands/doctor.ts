/**
 * `doctor`: proves the whole path before go-live, from the settings to a TEST callback that Resurs sends. It changes nothing but for
 * TEST events and a ping to the merchant. No secret and no digest is shown.
 */
import { randomBytes } from 'node:crypto';
import { styleText } from 'node:util';
import { type LoadResult, loadConfig } from '../config/load.ts';
import { formatSettingError, type SettingError } from '../config/setting-error.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { CHECK_NAMES, type CheckName, fail } from '../doctor/check.ts';
import type { CheckContext } from '../doctor/context.ts';
import { publicInternet } from '../doctor/probe/internet.ts';
import { type CheckResult, runChecks } from '../doctor/run-checks.ts';
import { systemClock } from '../lib/clock.ts';
import { readVersion } from '../lib/version.ts';
import { type Command, EXIT, readArguments, type Terminal } from './command.ts';
import { findCommandDatabase } from './database.ts';
import { createResursClients } from './with-resurs.ts';

const HELP = `Usage: node src/main.ts doctor [options]

Looks at everything that has to be right before callbacks arrive: settings, salts, database, clock,
the public URL with its name, certificate and proxy, the webhook, and what Resurs holds. Run it
with the settings of the service, while the service runs. It sends TEST callbacks to the public
URL and a signed ping to the webhook, and takes at most 20 s.

  --only NAME[,NAME]   run only these checks
  --json               one JSON document on standard output

Checks: ${CHECK_NAMES.slice(0, 9).join(', ')},
${CHECK_NAMES.slice(9).join(', ')}.

Exit codes: 0 nothing failed, 1 something did, 64 wrong usage.`;

const OPTIONS = { only: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

/** Time for one call to Resurs; two of them have to fit into a run. */
const RESURS_TIMEOUT_MS = 5_000;

export const doctor: Command = {
  summary: 'prove the whole path before go-live',
  help: HELP,
  async run(args, terminal) {
    const parsed = readArguments(args, { help: HELP, options: OPTIONS, terminal });
    if (parsed.outcome === 'ended') return parsed.exitCode;
    const names = readNames(parsed.values.only);
    if (names.outcome === 'unknown') {
      terminal.printError(`--only names no check ${JSON.stringify(names.name)}. Checks are ${CHECK_NAMES.join(', ')}.`);
      return EXIT.usage;
    }

    const startedAt = systemClock.elapsed();
    const findings = await runAllChecks(loadConfig(terminal.env), names.names, terminal.stop);
    const durationMs = Math.round(systemClock.elapsed() - startedAt);
    const ok = findings.every(({ status }) => status !== 'fail');
    if (parsed.values.json) terminal.print(JSON.stringify({ ok, durationMs, checks: findings }));
    else printReport(findings, durationMs, terminal);
    return ok ? EXIT.ok : EXIT.failed;
  },
};

type Names =
  | { readonly outcome: 'named'; readonly names: readonly CheckName[] }
  | { readonly outcome: 'unknown'; readonly name: string };

function readNames(only: string | undefined): Names {
  if (only === undefined) return { outcome: 'named', names: CHECK_NAMES };
  const words = only.split(',').map((word) => word.trim());
  const unknown = words.find((word) => !CHECK_NAMES.some((name) => name === word));
  if (unknown !== undefined) return { outcome: 'unknown', name: unknown };
  return { outcome: 'named', names: CHECK_NAMES.filter((name) => words.includes(name)) };
}

async function runAllChecks(
  loaded: LoadResult,
  names: readonly CheckName[],
  stop = new AbortController().signal,
): Promise<readonly CheckResult[]> {
  if (loaded.outcome === 'invalid') return [{ name: 'configuration', ...configurationFailure(loaded.faults) }];

  const { config, warnings } = loaded;
  const resurs = config.RESURS_USERNAME === null ? null : createResursClients(config, RESURS_TIMEOUT_MS);
  const connectionString = await findCommandDatabase(config);
  const db = connectionString === null ? null : open(connectionString);
  const context: CheckContext = {
    config,
    warnings,
    database: connectionString === null || db === null ? null : { connectionString, db },
    resurs: resurs === null ? null : { channels: resurs.channels, restUrl: resurs.addresses.rest },
    internet: publicInternet(),
    clock: systemClock,
    randomBytes,
    version: readVersion(),
  };
  try {
    return await runChecks(context, names, stop);
  } finally {
    await Promise.all([resurs?.close(), db?.close()]);
  }
}

function open(connectionString: string): Database {
  return openDatabase({ connectionString, poolSize: 4, onConnectionError: () => undefined });
}

/** Nothing else can be looked at without settings, so this is then the only check. */
function configurationFailure(faults: readonly SettingError[]) {
  return fail(
    faults.map(formatSettingError).join(' | '),
    'Put these right first: the other checks need valid settings and were not run.',
  );
}

const SIGNS = { pass: '✓', warn: '!', fail: '✗' } as const;
const COLOURS = { pass: 'green', warn: 'yellow', fail: 'red' } as const;

function printReport(findings: readonly CheckResult[], durationMs: number, terminal: Terminal): void {
  const width = Math.max(...findings.map(({ name }) => name.length));
  for (const { name, status, reason, fix } of findings) {
    terminal.print(`${styleText(COLOURS[status], SIGNS[status])} ${name.padEnd(width)}  ${reason}`);
    if (fix !== null) terminal.print(`  ${' '.repeat(width)}  Fix: ${fix}`);
  }
  const count = (wanted: string) => findings.filter(({ status }) => status === wanted).length;
  const seconds = (durationMs / 1000).toFixed(1);
  terminal.print(`\n${count('pass')} passed, ${count('warn')} warned, ${count('fail')} failed in ${seconds} s.`);
}
