/**
 * `simulate --lose`: callbacks of eCom go to the receiver as without it, but some never come. A fake Resurs holds what
 * really happened, at the address where the receiver's settings look for Resurs, if that is on this machine.
 */
import { randomBytes } from 'node:crypto';
import { maskUrl } from '../../config/types/urls.ts';
import { errorSummary } from '../../lib/errors.ts';
import { expectedMissed } from '../../simulator/expected-missed.ts';
import { type FakeResurs, startFakeResurs } from '../../simulator/fake-resurs.ts';
import type { IsLost } from '../../simulator/lost.ts';
import { EXIT, type Terminal } from '../command.ts';
import { ecomSettings, holdPayments, lossLines } from './lose.ts';
import type { RunPlan } from './plan.ts';
import { isAsExpected, reportLines } from './report.ts';

/** Runs the plan; resolves with the exit code once the operator has stopped it. */
export async function simulateLosing(plan: RunPlan, isLost: IsLost, terminal: Terminal): Promise<number> {
  const startedAt = new Date();
  const resurs = await start(plan, isLost, terminal);
  if (resurs === null) return EXIT.failed;
  try {
    const { scenario, speed, json } = plan;
    const callbacks = await resurs.run(scenario, terminal.stop);
    const asExpected = isAsExpected(scenario, callbacks);
    const target = maskUrl(plan.target);
    const missed = expectedMissed(scenario, isLost);
    const lines = json
      ? [JSON.stringify({ target, speed, asExpected, callbacks, missed })]
      : [...reportLines(`Resurs → ${target}`, scenario, callbacks), ...lossLines(missed, callbacks)];
    for (const line of lines) terminal.print(line);
    const settings = ecomSettings(resurs, plan.served.account !== null);
    await holdPayments({ settings, startedAt }, callbacks, { terminal, asJson: json });
    return asExpected ? EXIT.ok : EXIT.failed;
  } finally {
    await resurs.stop();
  }
}

async function start(plan: RunPlan, isLost: IsLost, terminal: Terminal): Promise<FakeResurs | null> {
  const { served, registrationOf, speed, attempts, concurrency } = plan;
  const { host, port } = served;
  const account = served.account ?? { username: 'resurs', password: randomBytes(18).toString('base64url') };
  try {
    return await startFakeResurs({ account, host, port, registrationOf, isLost, speed, attempts, concurrency });
  } catch (error) {
    terminal.printError(`Cannot listen on port ${port}: ${errorSummary(error)}`);
    return null;
  }
}
