/**
 * `simulate --mapi`: sends the callbacks of the Merchant API to a receiver, as Resurs would to the URLs of a shop, and
 * reports whether every one got the response that docs/protocol.md documents. Where the receiver's settings point to a
 * Merchant API on this machine, the command is that one, so that the receiver finds the simulated payments there.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { maskUrl } from '../../config/types/urls.ts';
import { errorSummary } from '../../lib/errors.ts';
import { type FakeResurs, startFakeResurs } from '../../simulator/fake-resurs.ts';
import { expectedMapiMissed } from '../../simulator/mapi/expected-missed.ts';
import { EXIT, type Terminal } from '../command.ts';
import { isAllowed } from './confirm-remote.ts';
import { holdPayments, lossLines, mapiSettings } from './lose.ts';
import type { MapiPlan } from './mapi-plan.ts';
import { isAsExpected, reportLines } from './report.ts';

/** Runs the plan; resolves with the exit code. */
export async function simulateMapi(plan: MapiPlan, terminal: Terminal): Promise<number> {
  const { scenario, urls, speed, isLocal, yes, isLost } = plan;
  const callbacks = scenario.flat();
  if (!(await isAllowed({ target: urls.target, isLocal, yes, callbacks }, terminal))) return EXIT.failed;
  const startedAt = new Date();
  const resurs = await start(plan, terminal);
  if (resurs === null) return EXIT.failed;
  try {
    const ended = await resurs.runMapi(scenario, urls, terminal.stop);
    const asExpected = isAsExpected(scenario, ended);
    const target = maskUrl(urls.target);
    const missed = isLost === null ? null : expectedMapiMissed(scenario, isLost);
    const loss = missed === null ? [] : lossLines(missed, ended);
    const lines = plan.json
      ? [JSON.stringify({ target, speed, asExpected, callbacks: ended, ...(missed === null ? {} : { missed }) })]
      : [...reportLines(`Resurs (Merchant API) → ${target}`, scenario, ended), ...loss];
    for (const line of lines) terminal.print(line);
    const settings = mapiSettings(resurs, plan.api !== null);
    await holdPayments({ settings, startedAt }, ended, { terminal, asJson: plan.json });
    if (plan.api?.isAskedLater === true) await untilQuiet(resurs, terminal.stop);
    return asExpected ? EXIT.ok : EXIT.failed;
  } finally {
    await resurs.stop();
  }
}

/** Starts the fake Resurs at the address that the receiver asks, or where no receiver asks it. */
async function start(plan: MapiPlan, terminal: Terminal): Promise<FakeResurs | null> {
  const { api, speed, attempts, concurrency, isLost } = plan;
  const account = { username: 'nobody', password: randomBytes(18).toString('base64url') };
  const usual = { account, speed, attempts, concurrency, ...(isLost === null ? {} : { isLost }) };
  if (api === null) return startFakeResurs(usual);
  const { host, port, client, scope, storeId } = api;
  const served = {
    ...usual,
    host,
    port,
    mapiClient: client,
    quirks: { scopes: [scope] },
    ...(storeId === null ? {} : { storeId }),
  };
  try {
    return await startFakeResurs(served);
  } catch (error) {
    // With a token the receiver accepts the callbacks without asking.
    const isNeeded = plan.proof === 'api';
    const then = isNeeded ? '' : '. It sends the callbacks all the same; MAPI_URL knows none of these payments';
    terminal.printError(`Cannot listen on port ${port}: ${errorSummary(error)}${then}`);
    return isNeeded ? null : startFakeResurs(usual);
  }
}

const QUIET_MS = 1_500;
const POLL_MS = 100;

/** Waits until the receiver, which reads a payment when it delivers an event, has asked nothing for a while. */
async function untilQuiet({ calls }: FakeResurs, stop: AbortSignal = new AbortController().signal): Promise<void> {
  let [seen, quietMs] = [calls.length, 0];
  while (quietMs < QUIET_MS && !stop.aborted) {
    await wait(POLL_MS);
    quietMs = calls.length === seen ? quietMs + POLL_MS : 0;
    seen = calls.length;
  }
}
