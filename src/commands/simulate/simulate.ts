/**
 * `simulate`: simulates Resurs against a receiver and reports whether every callback got the response that
 * docs/protocol.md documents. The table is for people, `--json` for programs; neither contains salts, keys, passwords
 * or digests. With `--listen` it is a fake Resurs for other commands (listen.ts), with `--to` it sends sample events to a
 * shop (send-samples.ts).
 */
import { maskUrl } from '../../config/types/urls.ts';
import { systemClock } from '../../lib/clock.ts';
import { LIFE_NAMES } from '../../simulator/lives.ts';
import { runScenario } from '../../simulator/run-scenario.ts';
import { defineUnconfiguredCommand, EXIT, type Terminal } from '../command.ts';
import { rejectStrayOptions, SIMULATE_OPTIONS } from './arguments.ts';
import { listenAsResurs } from './listen.ts';
import { planSimulation, type RunPlan } from './plan.ts';
import { isAsExpected, reportLines } from './report.ts';
import { planSamples } from './sample-plan.ts';
import { sendSamples } from './send-samples.ts';

/** Payments that the question before a remote run lists. */
const MAX_SHOWN_PAYMENTS = 10;

const HELP = `Usage: receiver simulate [URL] [options]
       receiver simulate --listen PORT [options]
       receiver simulate --to URL --event TYPE | --life NAME [options]

Simulates Resurs against a receiver: signed callbacks over the life of some payments, a repeated callback, a lost
response with its GET fallback, a wrong digest and an order of another shop; failed callbacks are retried by Resurs'
own schedule. URL is the callback path (http://127.0.0.1:8080/callbacks/resurs, or what PORT and CALLBACK_PATHS say).

Secrets come from the environment of the receiver: DIGEST_KEY, DIGEST_SALT, DIGEST_SALT_<TYPE>, BASIC_AUTH_USERNAME,
BASIC_AUTH_PASSWORD (each also as NAME_FILE). ORDER_OWNERSHIP and ACCEPT_REJECTED_CALLBACKS decide which response
another shop's order should get.

  --payments N          number of payments (2): every second one is annulled, the others are paid out
  --first ID            paymentId of the first; the others count on from it (the time in milliseconds)
  --only TYPE[,TYPE]    send only callbacks of these types
  --form query|pairs    shape of the URLs (query)
  --algorithm sha1|md5  digest (the first of DIGEST_ALGORITHM, or sha1)
  --salt S, --key K     instead of the environment; visible to others on this machine
  --foreign ID          paymentId of another shop's order (FOREIGN-ORDER-1)
  --foreign-answer N    its expected response: 202, 204 or 410, when the environment does not decide it
  --speed N             how many times faster than Resurs' 36 hours (3600)
  --attempts N          maximum tries of one callback, 1 to 20 (20); an expected refusal is tried three times at most
  --concurrency N       payments at once (4)
  --json                one JSON document instead of the table
  --yes                 do not ask before sending to a receiver on another machine, which stores these payments
  --listen PORT         run a fake Resurs for register, trigger-test and doctor: REST and SOAP on 127.0.0.1 (0: any
                        free port). Prints the settings for those commands, then a line for each call and each
                        callback. Once all types of the payments above are registered, it sends their callbacks as
                        registered, so without URL, --form, --algorithm, --salt, --key and --json. The account is
                        RESURS_USERNAME and RESURS_PASSWORD, or one generated for this run. Ctrl-C ends it.

With --to it sends the shop what the receiver would send, without receiver and database: sample events, new in each run,
signed with WEBHOOK_SECRET and sent as WEBHOOK_SECRET_PREVIOUS, WEBHOOK_AUTHORIZATION, WEBHOOK_TIMEOUT_MS, the WEBHOOK
files and proxies say. It prints each answer, what the real delivery would do then, and what the order should be at the
end. Each life is one payment; so are all events of --event, in their order.

  --to URL              the endpoint of the shop
  --life NAME[,NAME]    ${LIFE_NAMES.slice(0, 6).join(', ')},
                        ${LIFE_NAMES.slice(6).join(', ')}; all
  --event TYPE[,TYPE]   events of these types, such as payment.frozen; payment.updated sends four, payment.updated:credit
                        one of them (debit, credit, annul, authorize)
  --payment ID          paymentId of the first payment; the others count on from it (the time in milliseconds)
  --environment NAME    what the events say of it: test or production (test)
  --json, --yes         as above: --yes for an endpoint on another machine

Exit codes: 0 everything ended as expected, 1 something did not, nothing was sent, or the port is taken, 64 wrong usage.
With --to, 1 means that an event was not accepted, or that a repeat, or a type that a shop may ignore, was not answered
2xx (a repeat may be answered 409).`;

export const simulate = defineUnconfiguredCommand({
  summary: 'simulate Resurs against a receiver, or events against a shop, and check the responses',
  help: HELP,
  options: SIMULATE_OPTIONS,
  words: true,
  async run({ values, words, terminal }) {
    rejectStrayOptions(values, words);
    const nowMs = systemClock.now();
    if (values.to !== undefined) return sendSamples(planSamples(values, terminal.env, nowMs), terminal);
    const plan = planSimulation({ values, urls: words }, terminal.env, nowMs);
    return plan.kind === 'listen' ? listenAsResurs(plan, terminal) : simulateAgainst(plan, terminal);
  },
});

/** Asks before invented callbacks are stored by a receiver that may be in use. */
async function confirmRemote({ scenario, target, yes }: RunPlan, terminal: Terminal): Promise<boolean> {
  // On standard error, since with --json the output is one document.
  for (const line of remoteNotice(scenario, maskUrl(target))) terminal.printError(line);
  if (yes || (await terminal.confirm?.('Send them?')) === true) return true;
  terminal.printError(terminal.confirm === undefined ? 'Nothing was sent. Add --yes to go on.' : 'Nothing was sent.');
  return false;
}

function remoteNotice(scenario: RunPlan['scenario'], target: string): readonly string[] {
  const callbacks = scenario.flat();
  const payments = new Set(callbacks.flatMap(({ paymentId }) => (paymentId === null ? [] : [paymentId])));
  const shown = [...payments].slice(0, MAX_SHOWN_PAYMENTS).join(', ');
  const more = payments.size > MAX_SHOWN_PAYMENTS ? ` and ${payments.size - MAX_SHOWN_PAYMENTS} more` : '';
  return [
    `${callbacks.length} simulated callbacks go to ${target}, which is not on this machine.`,
    'Its receiver stores them and delivers them to the merchant like real ones.',
    ...(payments.size === 0 ? [] : [`Payments: ${shown}${more}.`]),
    'docs/operations.md, "Remove simulated payments", has the statement that removes them.',
  ];
}

async function simulateAgainst(plan: RunPlan, terminal: Terminal): Promise<number> {
  const { scenario, target, speed } = plan;
  if (!plan.isLocal && !(await confirmRemote(plan, terminal))) return EXIT.failed;
  const callbacks = await runScenario({ ...plan, signal: terminal.stop });
  const asExpected = isAsExpected(scenario, callbacks);
  const lines = plan.json
    ? [JSON.stringify({ target: maskUrl(target), speed, asExpected, callbacks })]
    : reportLines(`Resurs → ${maskUrl(target)}`, scenario, callbacks);
  for (const line of lines) terminal.print(line);
  return asExpected ? EXIT.ok : EXIT.failed;
}
