/**
 * The program: selects the command, passes it the terminal, exits with its exit code. It is the only file that uses the
 * process: environment, arguments, signals, flags of Node.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { setImmediate } from 'node:timers/promises';
import { isMainThread } from 'node:worker_threads';
import type { Command, Terminal } from './commands/command.ts';
import { withHeapFlags } from './lib/heap.ts';
import { watchParent } from './lib/parent-watch.ts';

// Before anything large is loaded, since this starts the program again.
startWithHeapFlags(process.argv.slice(2));
const { EXIT } = await import('./commands/command.ts');

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
  'mapi-urls': async () => (await import('./commands/mapi-urls.ts')).mapiUrls,
  'trigger-test': async () => (await import('./commands/trigger-test.ts')).triggerTest,
  doctor: async () => (await import('./commands/doctor.ts')).doctor,
  payment: async () => (await import('./commands/payment/payment.ts')).payment,
  reconcile: async () => (await import('./commands/reconcile/reconcile.ts')).reconcile,
  replay: async () => (await import('./commands/replay.ts')).replay,
  alerts: async () => (await import('./commands/alerts.ts')).alerts,
  healthcheck: async () => (await import('./commands/healthcheck.ts')).healthcheck,
};

/** These go on when nothing reads their output: the service itself, and what must not end half done. */
const FINISH_UNREAD = ['serve', 'migrate', 'register', 'unregister', 'replay'];

/** Whether output was lost for another reason than a reader that has enough. The command has failed then. */
let outputFailed = false;

/**
 * npm forwards a Ctrl-C that the terminal has already sent, so a second signal within this time counts as the first.
 */
const DUPLICATE_SIGNAL_MS = 1_000;

/** How long sockets may take to close after the command has ended. */
const EXIT_GRACE_MS = 1_000;

/**
 * Replaces this process by one with the flags of the heap, if its command is serve. The process id stays. A process with
 * a channel to its parent (PM2, fork) would lose it, so it runs as it is.
 */
function startWithHeapFlags(words: readonly string[]): void {
  if (commandOf(words) !== 'serve' || process.execve === undefined || process.send !== undefined || !isMainThread)
    return;
  const flags = withHeapFlags(process.execArgv, process.env.NODE_OPTIONS);
  const [node = process.execPath, ...rest] = process.argv;
  if (flags !== null) process.execve(process.execPath, [node, ...flags, ...rest], process.env);
}

/** The command of these arguments. Without one, the options are those of serve. */
function commandOf([name = 'serve']: readonly string[]): string {
  if (name === '--help' || name === '-h') return 'help';
  return name.startsWith('-') ? 'serve' : name;
}

async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  const name = commandOf(words);
  if (name === 'help') {
    terminal.print(await usage());
    return EXIT.ok;
  }
  const args = words[0] === name ? words.slice(1) : words;
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
  return ['Usage: receiver [command] [options]', '', ...list, '', 'Run a command with --help for its options.'].join(
    '\n',
  );
}

/** Returns a controller that the first process signal aborts. A second process signal exits at once. */
function stopOnSignals(): AbortController {
  const stop = new AbortController();
  let firstAtMs = 0;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted && performance.now() - firstAtMs > DUPLICATE_SIGNAL_MS) process.exit(EXIT.failed);
      if (!stop.signal.aborted) firstAtMs = performance.now();
      stop.abort();
    });
  }
  return stop;
}

/**
 * Lets a command end quietly when nothing reads its output any more (`doctor | head`): the rest is dropped, and the
 * command stops as on a signal unless it has to finish. Another failure (a full disk) is reported, once.
 */
function watchOutput(stream: NodeJS.WriteStream, onUnread: () => void): void {
  let hasFailed = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (hasFailed) return;
    hasFailed = true;
    if (error.code === 'EPIPE') return onUnread();
    if (stream === process.stderr) return;
    outputFailed = true;
    process.stderr.write(`The output cannot be written: ${error.message}\n`);
  });
}

/** Erases the line before, which was written without a line break. */
function showProgress(line: string): void {
  process.stdout.write(`\r\u001b[2K${line}`);
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

const stop = stopOnSignals();
const onUnread = () => {
  if (!FINISH_UNREAD.includes(commandOf(process.argv.slice(2)))) stop.abort();
};
for (const stream of [process.stdout, process.stderr]) watchOutput(stream, onUnread);
watchParent({ env: process.env, readParent: () => process.ppid, onGone: () => stop.abort() });
const terminal: Terminal = {
  env: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
  stop: stop.signal,
  ...(process.stdout.isTTY ? { isScreen: true, showProgress } : {}),
  ...(process.stdin.isTTY ? { confirm } : {}),
};
// Node's own exit can hang: a leaked handle (see lib/reset-socket.ts) can make its exit cleanup loop forever.
// Without an exit code, the command has not finished, so this is a failure.
process.once('beforeExit', () => process.exit(process.exitCode ?? EXIT.failed));
const exitCode = await main(process.argv.slice(2), terminal);
// Output that fails says so by an event, one turn later.
await setImmediate();
process.exitCode = outputFailed && exitCode === EXIT.ok ? EXIT.failed : exitCode;
// A socket to an unresponsive server must not keep the process alive after the command has ended.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();
