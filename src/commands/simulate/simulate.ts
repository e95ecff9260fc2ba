/**
 * `simulate`: plays Resurs against a receiver and says whether every callback ended with the answer that
 * docs/protocol.md promises. The table is for people, `--json` for programs; salts, keys, passwords and digests appear in
 * neither. With `--listen` it is Resurs itself for other commands, which is a story of its own (simulate-listen.ts).
 */
import { maskUrl } from '../../config/types/urls.ts';
import { systemClock } from '../../lib/clock.ts';
import { runScenario } from '../../simulator/run-scenario.ts';
import { type Command, EXIT, type Terminal } from '../command.ts';
import { UsageError } from './environment.ts';
import { listenAsResurs } from './listen.ts';
import { planSimulation, type SimulatePlan, type SimulationPlan } from './plan.ts';
import { isAsExpected, reportLines } from './report.ts';

const HELP = `Usage: node src/main.ts simulate [URL] [options]
       node src/main.ts simulate --listen PORT [options]

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
  --listen PORT         be Resurs for register, trigger-test and doctor: REST and SOAP on 127.0.0.1 (0: any free port).
                        Prints the settings for those commands, then a line for each call and each callback; plays the
                        payments above once all their types are registered, as they were registered, so without URL,
                        --form, --algorithm, --salt, --key and --json. The account is RESURS_USERNAME and
                        RESURS_PASSWORD, or one made for this run. Ctrl-C ends it.

Exit codes: 0 every callback ended as promised, 1 one did not, or the port is taken, 64 wrong usage.`;

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

  const plan = tryPlan(args, terminal);
  if (plan === null) return EXIT.usage;
  return plan.kind === 'listen' ? listenAsResurs(plan, terminal) : simulateAgainst(plan, terminal);
}

async function simulateAgainst(plan: SimulatePlan, terminal: Terminal): Promise<number> {
  const { story, target, speed } = plan;
  const callbacks = await runScenario({ ...plan, signal: terminal.stop });
  const asExpected = isAsExpected(story, callbacks);
  const lines = plan.json
    ? [JSON.stringify({ target: maskUrl(target), speed, asExpected, callbacks })]
    : reportLines(`Resurs → ${maskUrl(target)}`, story, callbacks);
  for (const line of lines) terminal.print(line);
  return asExpected ? EXIT.ok : EXIT.failed;
}

function tryPlan(args: readonly string[], terminal: Terminal): SimulationPlan | null {
  try {
    return planSimulation(args, terminal.env, systemClock.now());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.printError(error.message);
    terminal.printError('Try --help.');
    return null;
  }
}
