/**
 * `npm run faults -- [scenario]`: checks what the receiver promises while things break around it, with real processes,
 * a real Postgres and real HTTP. It needs no configuration, leaves nothing behind, prints figures and verdicts, and
 * exits 0 only when every promise was kept. A new scenario is a file like replicas/scenario.ts and an entry of
 * SCENARIOS in all.ts.
 */
import { type Command, EXIT, type Terminal } from '../src/commands/command.ts';
import { dropPostgresVariables } from '../test/harness/postgres-variables.ts';
import { all, SCENARIOS } from './all.ts';

const COMMANDS = new Map<string, Command>([
  ...SCENARIOS.map((scenario) => [scenario.name, scenario] as const),
  ['all', all],
]);
/** What a shell reports after Ctrl-C. */
const EXIT_INTERRUPTED = 130;
/** Clean-up is bounded step by step; this is the limit for everything unforeseen. */
const STOP_WITHIN_MS = 60_000;
const EXIT_GRACE_MS = 5_000;

if (import.meta.main) {
  // Node's own exit cleanup can loop forever (see src/lib/reset-socket.ts).
  process.once('beforeExit', () => process.exit(process.exitCode ?? EXIT.failed));
  dropPostgresVariables();
  const exitCode = await main(process.argv.slice(2));
  process.exitCode = exitCode;
  // A leaked handle must not keep the program alive; child processes end with it.
  setTimeout(() => process.exit(exitCode), EXIT_GRACE_MS).unref();
}

async function main(words: readonly string[]): Promise<number> {
  // Without a name, or with options alone, all scenarios run.
  const [name, ...args] = words[0]?.startsWith('-') === false ? words : ['all', ...words];
  const stopped = new AbortController();
  // Later signals are ignored: clean-up is bounded in time, and a terminal may send the first signal twice.
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
  const command = COMMANDS.get(name ?? '');
  if (command === undefined) {
    terminal.printError(`Unknown scenario ${JSON.stringify(name)}.\n\n${usage()}`);
    return EXIT.usage;
  }
  return run(command, args, terminal);
}

async function run(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await command.run(args, terminal);
  } catch (error) {
    const isInterrupted = terminal.stop?.aborted === true;
    const message = error instanceof Error ? error.message : String(error);
    terminal.printError(isInterrupted ? 'Stopped and cleaned up.' : `✗ ${message}`);
    return isInterrupted ? EXIT_INTERRUPTED : EXIT.failed;
  }
}

function usage(): string {
  const list = [...COMMANDS].map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return ['Usage: npm run faults -- [scenario] [options]', '', ...list, '', 'Each has its own --help.'].join('\n');
}
