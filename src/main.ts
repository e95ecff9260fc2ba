/**
 * The program: picks the command, gives it the terminal, ends with its exit code. The only place that touches the
 * process: environment, arguments, signals.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { type Command, EXIT, type Terminal } from './commands/command.ts';
import { configCommand } from './commands/config.ts';
import { doctor } from './commands/doctor.ts';
import { healthcheck } from './commands/healthcheck.ts';
import { migrate } from './commands/migrate.ts';
import { register } from './commands/register.ts';
import { registrations } from './commands/registrations.ts';
import { replay } from './commands/replay.ts';
import { serve } from './commands/serve.ts';
import { simulate } from './commands/simulate.ts';
import { triggerTest } from './commands/trigger-test.ts';
import { unregister } from './commands/unregister.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  serve,
  migrate,
  config: configCommand,
  simulate,
  register,
  unregister,
  registrations,
  'trigger-test': triggerTest,
  doctor,
  replay,
  healthcheck,
};

/** npm passes a Ctrl-C on that the terminal has already sent, so a second signal this soon is still the first. */
const SAME_SIGNAL_MS = 1_000;

/** How long sockets may take to close after everything is done. */
const LINGER_MS = 1_000;

async function main([name = 'serve', ...args]: readonly string[], terminal: Terminal): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help') {
    terminal.print(usage());
    return EXIT.ok;
  }
  // Without a command, options are those of serve.
  if (name.startsWith('-')) return serve.run([name, ...args], terminal);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    terminal.printError(`There is no command ${JSON.stringify(name)}.\n\n${usage()}`);
    return EXIT.usage;
  }
  return command.run(args, terminal);
}

function usage(): string {
  const list = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(13)} ${summary}`);
  return [
    'Usage: node src/main.ts [command] [options]',
    '',
    ...list,
    '',
    'Each command explains itself with --help.',
  ].join('\n');
}

/** The first signal asks to stop, the second one ends the process at once. */
function stopOnSignals(): AbortSignal {
  const stop = new AbortController();
  let firstAtMs = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted && performance.now() - firstAtMs > SAME_SIGNAL_MS) process.exit(EXIT.failed);
      if (!stop.signal.aborted) firstAtMs = performance.now();
      stop.abort();
    });
  }
  return stop.signal;
}

/** Anything but a plain yes is a no, the end of the input included. */
async function askOperator(question: string): Promise<boolean> {
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
  ...(process.stdin.isTTY ? { confirm: askOperator } : {}),
};
process.exitCode = await main(process.argv.slice(2), terminal);
// A socket to a server that no longer speaks must not keep a process alive that has nothing left to do.
setTimeout(() => process.exit(), LINGER_MS).unref();
