/**
 * `simulate`: plays Resurs against a receiver and says whether every callback ended with the answer that docs/protocol.md promises.
 * The table is for people, `--json` for programs. Salts, keys, passwords and digests appear in neither.
 */
import { systemClock } from '../clock.ts';
import { maskUrl } from '../config/urls.ts';
import type { SimulatedCallback } from '../stand-in/endings.ts';
import { runSimulation } from '../stand-in/simulator.ts';
import { type Command, EXIT, type Terminal } from './command.ts';
import { UsageFault } from './simulate-environment.ts';
import { planSimulation, type SimulatePlan } from './simulate-options.ts';
import { tableLines } from './table.ts';

const HELP = `Usage: node src/main.ts simulate [URL] [options]

Plays Resurs against a receiver: signed callbacks of a payment's life, a repeat, a lost answer with its GET fallback,
a wrong digest and a foreign order; what fails comes again by Resurs' own schedule. URL is the callback path
(http://127.0.0.1:8080/callbacks/resurs, or what PORT and CALLBACK_PATHS say).

Secrets come from the environment of the receiver: DIGEST_KEY, DIGEST_SALT, DIGEST_SALT_<TYPE>, BASIC_AUTH_USERNAME,
BASIC_AUTH_PASSWORD (each also as NAME_FILE). ORDER_OWNERSHIP and ACCEPT_REJECTED_CALLBACKS tell what a foreign order gets.

  --payments N          payments to play (2): every second one is annulled, the others are paid out
  --first ID            paymentId of the first; the others count on from it (the time in milliseconds)
  --only TYPE[,TYPE]    send only callbacks of these types
  --form query|pairs    shape of the URLs (query)
  --algorithm sha1|md5  digest (the first of DIGEST_ALGORITHM, or sha1)
  --salt S, --key K     instead of the environment; visible to others on this machine
  --foreign ID          paymentId of the foreign order (FOREIGN-ORDER-1)
  --foreign-answer N    202, 204 or 410, when the environment does not tell
  --speed N             how many times faster than Resurs' 36 hours (3600)
  --attempts N          tries of one callback, 1 to 20 (20); a refusal that was promised is tried three times at most
  --concurrency N       payments at once (4)
  --json                one JSON document instead of the table

Exit codes: 0 every callback ended as promised, 1 one did not, 64 wrong usage.`;

export const simulate: Command = {
  summary: 'play Resurs against a receiver and check its answers',
  help: HELP,
  run: runCommand,
};

async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  // Before anything else, as in every command: help is wanted most by somebody whose other options are wrong.
  if (args.includes('--help') || args.includes('-h')) {
    terminal.print(HELP);
    return EXIT.ok;
  }

  const plan = planned(args, terminal);
  if (plan === null) return EXIT.usage;

  const callbacks = await runSimulation({ ...plan, signal: terminal.stop });
  for (const line of plan.json ? [jsonOf(plan, callbacks)] : reportLines(plan, callbacks)) terminal.print(line);
  return isAsPromised(plan, callbacks) ? EXIT.ok : EXIT.failed;
}

/** A simulation that was stopped early has proved nothing about the callbacks that are left out. */
function isAsPromised({ story }: SimulatePlan, callbacks: readonly SimulatedCallback[]): boolean {
  return callbacks.length === story.flat().length && callbacks.every(({ asExpected }) => asExpected);
}

function planned(args: readonly string[], terminal: Terminal): SimulatePlan | null {
  try {
    return planSimulation(args, terminal.env, systemClock.now());
  } catch (error) {
    if (!(error instanceof UsageFault)) throw error;
    terminal.printError(error.message);
    terminal.printError('Try --help.');
    return null;
  }
}

function jsonOf(plan: SimulatePlan, callbacks: readonly SimulatedCallback[]): string {
  const asExpected = isAsPromised(plan, callbacks);
  return JSON.stringify({ target: maskUrl(plan.target), speed: plan.speed, asExpected, callbacks });
}

function reportLines(plan: SimulatePlan, callbacks: readonly SimulatedCallback[]): string[] {
  return [`Resurs → ${maskUrl(plan.target)}`, '', ...callbackTable(callbacks), '', verdictOf(plan, callbacks)];
}

function verdictOf({ story }: SimulatePlan, callbacks: readonly SimulatedCallback[]): string {
  const wanted = story.flat().length;
  const failed = callbacks.filter(({ asExpected }) => !asExpected).length;
  if (failed > 0) return `${failed} of ${callbacks.length} callbacks did not end as promised.`;
  if (callbacks.length < wanted) return `Stopped: ${callbacks.length} of ${wanted} callbacks ended.`;
  return `All ${wanted} callbacks ended as promised.`;
}

/** The callbacks of a simulation as a table; a line that is not as promised says what was. */
export function callbackTable(callbacks: readonly SimulatedCallback[]): string[] {
  const rows = callbacks.map((callback) => [
    callback.methods.join('→'),
    callback.type,
    callback.paymentId ?? '',
    callback.label,
    answerText(callback),
    String(callback.tries),
  ]);

  return tableLines(['Sent', 'Type', 'Payment', 'Note', 'Answer', 'Tries'], rows);
}

function answerText({ status, reason, phrase, expected, asExpected }: SimulatedCallback): string {
  const seen = status === null ? reason : `${status} ${reason}`;
  if (asExpected) return seen;
  const onlyPhrase = status === expected.status && reason === expected.reason;
  return onlyPhrase ? `${seen} ✗ status line: ${phrase}` : `${seen} ✗ promised: ${expected.status} ${expected.reason}`;
}
