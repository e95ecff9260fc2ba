/**
 * `simulate`: simulates Resurs against a receiver and reports whether every callback got the response that
 * docs/protocol.md documents. The table is for people, `--json` for programs; neither contains salts, keys, passwords
 * or digests. With `--listen` it is a fake Resurs for other commands (listen.ts), with `--to` it sends sample events to a
 * shop (send-samples.ts).
 */
import { maskUrl } from '../../config/types/urls.ts';
import { systemClock } from '../../lib/clock.ts';
import { runScenario } from '../../simulator/run-scenario.ts';
import { defineUnconfiguredCommand, EXIT, type Terminal } from '../command.ts';
import { rejectStrayOptions, SIMULATE_OPTIONS } from './arguments.ts';
import { HELP } from './help.ts';
import { listenAsResurs } from './listen.ts';
import { planSimulation, type RunPlan } from './plan.ts';
import { isAsExpected, reportLines } from './report.ts';
import { planSamples } from './sample-plan.ts';
import { sendSamples } from './send-samples.ts';

/** Payments that the question before a remote run lists. */
const MAX_SHOWN_PAYMENTS = 10;

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
