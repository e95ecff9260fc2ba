/**
 * The program: selects the command, passes it the terminal, exits with its exit code. It is the only file that uses the
 * process: environment, arguments, signals.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { type Command, EXIT, type Terminal } from './commands/command.ts';

/**
 * Commands are loaded on demand, because a health check that runs every few seconds must not load the imports of the
 * others.
 */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./commands/serve.ts')).serve,
  migrate: async () => (await import('./commands/migrate.ts')).migrate,
  config: async () => (await import('./commands/config.ts')).configCommand,
  simulate: async () => (await import('./commands/simulate/simulate.ts')).simulate,
  register: async () => (await import('./commands/register.ts')).register,
  unregister: async () => (await import('./commands/unregister.ts')).unregister,
  registrations: async () => (await import('./commands/registrations.ts')).registrations,
  'trigger-test': async () => (await import('./commands/trigger-test.ts')).triggerTest,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  replay: async () => (await import('./commands/replay.ts')).replay,
  healthcheck: async () => (await import('./commands/healthcheck.ts')).healthcheck,
};

/**
 * npm forwards a Ctrl-C that the terminal has already sent, so a second signal within this time counts as the first.
 */
const DUPLICATE_SIGNAL_MS = 1_000;

/** How long sockets may take to close after the command has ended. */
const EXIT_GRACE_MS = 1_000;

async function main([name = 'serve', ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.print(await usage());
    return EXIT.ok;
  }
  // Without a command, the options are those of serve.
  if (name.startsWith('-')) return main(['serve', name, ...args], terminal);
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    terminal.printError(`Unknown command ${JSON.stringify(name)}.\n\n${await usage()}`);
    return EXIT.usage;
  }
  return (await load()).run(args, terminal);
}

async function usage(): Promise<string> {
  const commands = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => ({ name, summary: (await load()).summary })),
  );
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(13)} ${summary}`);
  return [
    'Usage: node src/main.ts [command] [options]',
    '',
    ...list,
    '',
    'Run a command with --help for its options.',
  ].join('\n');
}

/** Returns a signal that the first process signal aborts. A second process signal exits at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  let firstAtMs = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted && performance.now() - firstAtMs > DUPLICATE_SIGNAL_MS) process.exit(EXIT.failed);
      if (!stop.signal.aborted) firstAtMs = performance.now();
      stop.abort();
    });
  }
  return stop.signal;
}

/** Asks a yes-or-no question. Anything except "y" or "yes" is a no, including end of input. */
async function confirm(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const closed = once(lines, 'close').then(() => 'no');
  try {
    const answer = await Promise.race([lines.question(`${question} [y/N] `), closed]);
    return /^(?:y|yes)$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}

const terminal: Terminal = {
  env: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
  stop: stopOnSignals(),
  ...(process.stdin.isTTY ? { confirm } : {}),
};
// An output that is gone or full must not end the process. The log counts the lines that it loses.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);
// Node's own exit can hang: a leaked handle (see lib/reset-socket.ts) can make its exit cleanup loop forever.
// Without an exit code, the command has not finished, so this is a failure.
process.once('beforeExit', () => process.exit(process.exitCode ?? EXIT.failed));
process.exitCode = await main(process.argv.slice(2), terminal);
// A socket to an unresponsive server must not keep the process alive after the command has ended.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
