/**
 * `simulate`: simulates Resurs against a receiver and reports whether every callback got the response that
 * docs/protocol.md documents. The table is for people, `--json` for programs; neither contains salts, keys, passwords
 * or digests. With `--mapi` the callbacks are those of the Merchant API (mapi-run.ts). With `--lose` some never
 * come (losing-run.ts). With `--listen` it is a fake Resurs for other commands (listen.ts), with `--to` it sends sample events to a shop (send-samples.ts).
 */
import { maskUrl } from '../../config/types/urls.ts';
import { systemClock } from '../../lib/clock.ts';
import { runScenario } from '../../simulator/run-scenario.ts';
import { defineUnconfiguredCommand, EXIT, type Terminal } from '../command.ts';
import { rejectStrayOptions, SIMULATE_OPTIONS } from './arguments.ts';
import { isAllowed } from './confirm-remote.ts';
import { HELP } from './help.ts';
import { listenAsResurs } from './listen.ts';
import { simulateLosing } from './losing-run.ts';
import { planMapi } from './mapi-plan.ts';
import { simulateMapi } from './mapi-run.ts';
import { planSimulation, type RunPlan } from './plan.ts';
import { isAsExpected, reportLines } from './report.ts';
import { planSamples } from './sample-plan.ts';
import { sendSamples } from './send-samples.ts';

export const simulate = defineUnconfiguredCommand({
  summary: 'simulate Resurs against a receiver, or events against a shop, and check the responses',
  help: HELP,
  options: SIMULATE_OPTIONS,
  words: true,
  async run({ values, words, terminal }) {
    rejectStrayOptions(values, words);
    const nowMs = systemClock.now();
    if (values.to !== undefined) return sendSamples(planSamples(values, terminal.env, nowMs), terminal);
    if (values.mapi) return simulateMapi(planMapi({ values, urls: words }, terminal.env, nowMs), terminal);
    const plan = planSimulation({ values, urls: words }, terminal.env, nowMs);
    return plan.kind === 'listen' ? listenAsResurs(plan, terminal) : simulateAgainst(plan, terminal);
  },
});

async function simulateAgainst(plan: RunPlan, terminal: Terminal): Promise<number> {
  const { scenario, target, speed } = plan;
  const sent = { target, isLocal: plan.isLocal, yes: plan.yes, callbacks: scenario.flat() };
  if (!(await isAllowed(sent, terminal))) return EXIT.failed;
  if (plan.isLost !== undefined) return simulateLosing(plan, plan.isLost, terminal);
  const callbacks = await runScenario({ ...plan, signal: terminal.stop });
  const asExpected = isAsExpected(scenario, callbacks);
  const lines = plan.json
    ? [JSON.stringify({ target: maskUrl(target), speed, asExpected, callbacks })]
    : reportLines(`Resurs → ${maskUrl(target)}`, scenario, callbacks);
  for (const line of lines) terminal.print(line);
  return asExpected ? EXIT.ok : EXIT.failed;
}
