/**
 * `npm run faults -- [scenario]`: what the receiver promises while things break around it, with real processes, a real
 * Postgres and real HTTP. Needs nothing configured, leaves nothing behind, prints figures and verdicts, and exits 0 only
 * when every promise held. A new scenario is a file like replicas/scenario.ts and a line in the table below.
 */
import { type Command, EXIT, type Terminal } from '../src/commands/command.ts';
import { all } from './all.ts';
import { backlog } from './backlog/scenario.ts';
import { hostile } from './hostile/scenario.ts';
import { mixed } from './mixed/scenario.ts';
import { replicas } from './replicas/scenario.ts';

const SCENARIOS: Readonly<Record<string, Command>> = { replicas, mixed, backlog, hostile, all };
/** What a shell reports after Ctrl-C. */
const EXIT_INTERRUPTED = 130;
/** Cleaning up is bounded step by step; this is for what nobody thought of. */
const STOP_WITHIN_MS = 60_000;
const LINGER_MS = 5_000;

if (import.meta.main) {
  // Node's own last clean-up can spin for ever (see src/lib/reset-socket.ts).
  process.once('beforeExit', () => process.exit(process.exitCode ?? EXIT.failed));
  const exitCode = await main(process.argv.slice(2));
  process.exitCode = exitCode;
  // Something that could not be ended must not keep the program; what it started dies with it.
  setTimeout(() => process.exit(exitCode), LINGER_MS).unref();
}

async function main(words: readonly string[]): Promise<number> {
  // Without a name, or with options alone, everything runs.
  const [name, ...args] = words[0]?.startsWith('-') === false ? words : ['all', ...words];
  const stopped = new AbortController();
  // A later signal changes nothing: cleaning up is bounded in time, and a terminal may send the first one twice.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());
  stopped.signal.addEventListener('abort', () => {
    setTimeout(() => process.exit(EXIT_INTERRUPTED), STOP_WITHIN_MS).unref();
  });
  const terminal: Terminal = {
    env: process.env,
    print: (line) => void process.stdout.write(`${line}\n`),
    printError: (line) => void process.stderr.write(`${line}\n`),
    stop: stopped.signal,
  };
  if (words[0] === '--help' || words[0] === '-h') {
    terminal.print(usage());
    return EXIT.ok;
  }
  const scenario = name !== undefined && Object.hasOwn(SCENARIOS, name) ? SCENARIOS[name] : undefined;
  if (scenario === undefined) {
    terminal.printError(`There is no scenario ${JSON.stringify(name)}.\n\n${usage()}`);
    return EXIT.usage;
  }
  return run(scenario, args, terminal);
}

async function run(scenario: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await scenario.run(args, terminal);
  } catch (error) {
    const isInterrupted = terminal.stop?.aborted === true;
    const message = error instanceof Error ? error.message : String(error);
    terminal.printError(isInterrupted ? 'Stopped and cleaned up.' : `✗ ${message}`);
    return isInterrupted ? EXIT_INTERRUPTED : EXIT.failed;
  }
}

function usage(): string {
  const list = Object.entries(SCENARIOS).map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return ['Usage: npm run faults -- [scenario] [options]', '', ...list, '', 'Each explains itself with --help.'].join(
    '\n',
  );
}
