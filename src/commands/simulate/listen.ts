/**
 * `simulate --listen`: runs a fake Resurs on this machine for the commands that call Resurs. It runs the scenario
 * against what is registered, and then sends what is triggered. Prints a line for each call and each request, never a
 * URL, a digest, a salt, or a password that it has not generated.
 */
import { randomBytes } from 'node:crypto';
import { errorSummary } from '../../lib/errors.ts';
import type { BasicCredentials } from '../../protocol/ecom/registration.ts';
import type { CompletedCall } from '../../simulator/api/quirks.ts';
import { type FakeResurs, startFakeResurs } from '../../simulator/fake-resurs.ts';
import type { CallbackTry } from '../../simulator/result.ts';
import { EXIT, type Terminal } from '../command.ts';
import type { ListenPlan } from './plan.ts';
import { isAsExpected, reportLines } from './report.ts';

/** Runs the fake Resurs until the operator stops it; resolves with the exit code. */
export async function listenAsResurs(plan: ListenPlan, terminal: Terminal): Promise<number> {
  const { stop = new AbortController().signal } = terminal;
  const account = plan.account ?? { username: 'resurs', password: randomBytes(18).toString('base64url') };
  const resurs = await start(plan, account, terminal);
  if (resurs === null) return EXIT.failed;

  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.addEventListener('abort', () => resolve(), { once: true });
  if (stop.aborted) resolve();
  try {
    for (const line of settingsLines(resurs, plan)) terminal.print(line);
    const isScenarioAsExpected = await runOnceRegistered(resurs, { plan, terminal, stop });
    await stopped;
    return isScenarioAsExpected && resurs.ended.every(({ asExpected }) => asExpected) ? EXIT.ok : EXIT.failed;
  } finally {
    await resurs.stop();
  }
}

async function start(
  { port, speed, attempts, concurrency }: ListenPlan,
  account: BasicCredentials,
  terminal: Terminal,
): Promise<FakeResurs | null> {
  const onCall = (call: CompletedCall) => terminal.print(callLine(call));
  const onTry = (attempt: CallbackTry) => terminal.print(tryLine(attempt));
  try {
    return await startFakeResurs({ account, port, speed, attempts, concurrency, onCall, onTry });
  } catch (error) {
    terminal.printError(`Cannot listen on port ${port}: ${errorSummary(error)}`);
    return null;
  }
}

function settingsLines({ restUrl, soapUrl, account }: FakeResurs, plan: ListenPlan): string[] {
  const types = typesOf(plan).join(', ');
  return [
    'A fake Resurs runs here. Settings for register, trigger-test and doctor:',
    '',
    `RESURS_REST_URL=${restUrl}`,
    `RESURS_SOAP_URL=${soapUrl}`,
    `RESURS_USERNAME=${account.username}`,
    plan.account === null ? `RESURS_PASSWORD=${account.password}` : 'RESURS_PASSWORD as in the environment',
    '',
    `Callbacks start when these are registered: ${types}. Ctrl-C ends it.`,
  ];
}

interface ListenContext {
  readonly plan: ListenPlan;
  readonly terminal: Terminal;
  readonly stop: AbortSignal;
}

/** Returns false when a callback did not end as expected or not at all; true when the scenario never began. */
async function runOnceRegistered(resurs: FakeResurs, { plan, terminal, stop }: ListenContext): Promise<boolean> {
  try {
    await resurs.whenRegistered(typesOf(plan), stop);
  } catch (error) {
    if (stop.aborted) return true;
    throw error;
  }

  const scenario = plan.scenarioFor((resurs.registered.get('UNFREEZE')?.digest ?? null) !== null);
  const callbacks = await resurs.run(scenario, stop);
  for (const line of ['', ...reportLines('Resurs → registered URLs', scenario, callbacks), '']) terminal.print(line);
  return isAsExpected(scenario, callbacks);
}

/** Returns the types that the scenario may need. */
function typesOf({ scenarioFor }: ListenPlan) {
  return [
    ...new Set(
      scenarioFor(true)
        .flat()
        .map(({ type }) => type),
    ),
  ];
}

function callLine({ channel, operation, type, status, note }: CompletedCall): string {
  const call = [channel, operation, type].filter((part) => part !== null).join(' ');
  return `← ${call}: ${status ?? 'no response'}${note === null ? '' : `, ${note}`}`;
}

function tryLine({ callback, method, tryNumber, response, lost }: CallbackTry): string {
  const request = [method, callback.type, callback.paymentId].filter((part) => part !== null).join(' ');
  // The id of a triggered callback may contain control characters.
  return `→ ${request.replace(/\p{Cc}/gu, ' ')}, try ${tryNumber}: ${responseText(response)}${lost ? ', response lost' : ''}`;
}

function responseText(response: CallbackTry['response']): string {
  switch (response.outcome) {
    case 'answered':
      return `${response.status} ${response.reason ?? response.phrase}`;
    case 'timed_out':
      return 'no response in time';
    case 'unreachable':
      return `no response (${response.error})`;
  }
}
