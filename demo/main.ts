/**
 * `npm run demo`: runs the whole path of a callback on one machine. The parts are real: embedded Postgres, the receiver
 * as a process of its own, a merchant that verifies signatures, and a fake Resurs with which the receiver's URLs are
 * registered first. It needs no configuration, leaves nothing behind, and exits 0 only when every promise is kept. With `--keep`
 * it goes on until Ctrl-C, with the page to look at.
 */
import { parseDemoArguments, USAGE } from './arguments.ts';
import type { Print } from './commands.ts';
import { fillWithTrouble, keepUntilStopped } from './keep.ts';
import { type Colors, colorsFor, reportLines } from './report.ts';
import { type Cleanup, prepareStage, runDemo } from './run.ts';
import { type Evidence, verdicts } from './verdict.ts';

/** The exit code that a shell reports after Ctrl-C. */
const EXIT_INTERRUPTED = 130;
const EXIT_USAGE = 2;

if (import.meta.main) {
  // Node's exit cleanup can loop forever (see src/lib/reset-socket.ts).
  process.once('beforeExit', () => process.exit(process.exitCode ?? 1));
  process.exitCode = await main(process.argv.slice(2));
}

async function main(args: readonly string[]): Promise<number> {
  const print: Print = (line) => process.stdout.write(`${line}\n`);
  const given = parseDemoArguments(args);
  switch (given.outcome) {
    case 'help':
      print(USAGE);
      return 0;
    case 'invalid':
      process.stderr.write(`${given.reason}\n\n${USAGE}\n`);
      return EXIT_USAGE;
    case 'parsed':
      return play(given.keep, print);
  }
}

async function play(keep: boolean, print: Print): Promise<number> {
  const stopped = new AbortController();
  // Later signals are ignored: the cleanup has a time limit, and a terminal may send the first signal twice.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
  const colors = colorsFor(process.stdout);

  try {
    const exitCode = await withCleanup((cleanups) => playOn(cleanups, { keep, print, colors, signal: stopped.signal }));
    if (keep) print('Stopped and cleaned up.');
    return exitCode;
  } catch (error) {
    if (stopped.signal.aborted) {
      print('Stopped and cleaned up.');
      return EXIT_INTERRUPTED;
    }
    process.stderr.write(`${colors('red', '✗')} ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

interface PlayOptions {
  readonly keep: boolean;
  readonly print: Print;
  readonly colors: Colors;
  readonly signal: AbortSignal;
}

async function playOn(cleanups: Cleanup, { keep, print, colors, signal }: PlayOptions): Promise<number> {
  const stage = await prepareStage(cleanups);
  const exitCode = report(await runDemo(stage, cleanups, print, signal), print, colors);
  if (!keep) return exitCode;
  await fillWithTrouble(stage, cleanups, signal);
  await keepUntilStopped(stage, print, signal);
  return exitCode;
}

/** Runs `work`, then the steps that it added to the cleanup, last first, also after an error. */
async function withCleanup<T>(work: (cleanups: Cleanup) => Promise<T>): Promise<T> {
  const cleanups: Cleanup = [];
  try {
    return await work(cleanups);
  } finally {
    for (const step of cleanups.toReversed()) await step();
  }
}

function report(evidence: Evidence, print: Print, colors: Colors): number {
  const checks = verdicts(evidence);
  for (const line of reportLines(evidence, checks, colors)) print(line);

  const broken = checks.filter(({ violations }) => violations.length > 0).length;
  print('');
  print(
    broken === 0
      ? colors('green', 'Everything is as promised.')
      : colors('red', `${broken} of ${checks.length} promises are broken.`),
  );
  return broken === 0 ? 0 : 1;
}
