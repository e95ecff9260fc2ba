/**
 * `simulate --listen`: runs a fake Resurs on this machine for the commands that call Resurs. It runs the scenario
 * against what is registered, and then sends what is triggered. Prints a line for each call and each request, never a
 * URL, a digest, a salt, or a password that it has not generated.
 */
import { randomBytes } from 'node:crypto';
import { errorSummary } from '../../lib/errors.ts';
import type { BasicCredentials } from '../../protocol/ecom/registration.ts';
import { MORE_PAYMENTS_PATH, type MorePaymentsResult, type StartPayments } from '../../simulator/api/more-payments.ts';
import type { CompletedCall } from '../../simulator/api/quirks.ts';
import { expectedMissed } from '../../simulator/expected-missed.ts';
import { type FakeResurs, startFakeResurs } from '../../simulator/fake-resurs.ts';
import type { CallbackTry } from '../../simulator/result.ts';
import { paymentIdAfter } from '../../simulator/scenario.ts';
import { EXIT, type Terminal } from '../command.ts';
import { lossLines } from './lose.ts';
import type { ListenPlan } from './plan.ts';
import { isAsExpected, reportLines } from './report.ts';

/** Runs the fake Resurs until the operator stops it; resolves with the exit code. */
export async function listenAsResurs(plan: ListenPlan, terminal: Terminal): Promise<number> {
  const { stop = new AbortController().signal } = terminal;
  const account = plan.account ?? { username: 'resurs', password: randomBytes(18).toString('base64url') };
  const rounds = createRounds({ plan, terminal, stop });
  const resurs = await start({ plan, account, startPayments: (count) => rounds.start(count) }, terminal);
  if (resurs === null) return EXIT.failed;

  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.addEventListener('abort', () => resolve(), { once: true });
  if (stop.aborted) resolve();
  try {
    for (const line of settingsLines(resurs, plan)) terminal.print(line);
    await rounds.runFirst(resurs);
    await stopped;
    const areRoundsAsExpected = await rounds.areAsExpected();
    return areRoundsAsExpected && resurs.ended.every(({ asExpected }) => asExpected) ? EXIT.ok : EXIT.failed;
  } finally {
    await resurs.stop();
  }
}

interface StartOptions {
  readonly plan: ListenPlan;
  readonly account: BasicCredentials;
  readonly startPayments: StartPayments;
}

async function start({ plan, ...options }: StartOptions, terminal: Terminal): Promise<FakeResurs | null> {
  const { port, speed, attempts, concurrency, mapiClient, scope, isLost } = plan;
  const mapi = { ...(mapiClient === null ? {} : { mapiClient }), quirks: { scopes: [scope] } };
  const loss = isLost === null ? {} : { isLost };
  const onCall = (call: CompletedCall) => terminal.print(callLine(call));
  const onTry = (attempt: CallbackTry) => terminal.print(tryLine(attempt));
  try {
    return await startFakeResurs({ ...options, ...mapi, ...loss, port, speed, attempts, concurrency, onCall, onTry });
  } catch (error) {
    terminal.printError(`Cannot listen on port ${port}: ${errorSummary(error)}`);
    return null;
  }
}

function settingsLines({ restUrl, soapUrl, account, mapiUrl, mapiClient }: FakeResurs, plan: ListenPlan): string[] {
  const types = typesOf(plan).join(', ');
  const credentials =
    plan.account === null ? `${account.username}:${account.password}` : '"$RESURS_USERNAME:$RESURS_PASSWORD"';
  return [
    'A fake Resurs runs here. Settings for register, trigger-test and doctor:',
    '',
    `RESURS_REST_URL=${restUrl}`,
    `RESURS_SOAP_URL=${soapUrl}`,
    `RESURS_USERNAME=${account.username}`,
    plan.account === null ? `RESURS_PASSWORD=${account.password}` : 'RESURS_PASSWORD as in the environment',
    `MAPI_URL=${mapiUrl}`,
    `MAPI_CLIENT_ID=${mapiClient.clientId}`,
    plan.mapiClient === null
      ? `MAPI_CLIENT_SECRET=${mapiClient.clientSecret}`
      : 'MAPI_CLIENT_SECRET as in the environment',
    '',
    `Callbacks start when these are registered: ${types}.`,
    `More payments: curl -X POST -u ${credentials} '${restUrl}${MORE_PAYMENTS_PATH}?count=2'`,
    'Ctrl-C ends it.',
  ];
}

interface ListenContext {
  readonly plan: ListenPlan;
  readonly terminal: Terminal;
  readonly stop: AbortSignal;
}

/** The rounds of payments: the first one when everything is registered, and one for each request. */
function createRounds({ plan, terminal, stop }: ListenContext) {
  const rounds: Promise<boolean>[] = [];
  let resurs: FakeResurs | null = null;
  // Each round also has the payment after its last one, whose digest is wrong.
  let nextPaymentId = plan.firstPaymentId;

  async function run(fake: FakeResurs, payments: number): Promise<boolean> {
    const signed = (fake.registered.get('UNFREEZE')?.digest ?? null) !== null;
    const scenario = plan.scenarioFor({ payments, firstPaymentId: nextPaymentId, signed });
    nextPaymentId = paymentIdAfter(nextPaymentId, payments + 1);
    const callbacks = await fake.run(scenario, stop);
    const loss = plan.isLost === null ? [] : lossLines(expectedMissed(scenario, plan.isLost), callbacks);
    const lines = [...reportLines('Resurs → registered URLs', scenario, callbacks), ...loss];
    for (const line of ['', ...lines, '']) terminal.print(line);
    return isAsExpected(scenario, callbacks);
  }

  return {
    /** Waits for the registrations, and starts the first round. */
    async runFirst(fake: FakeResurs): Promise<void> {
      resurs = fake;
      try {
        await fake.whenRegistered(typesOf(plan), stop);
      } catch (error) {
        if (stop.aborted) return;
        throw error;
      }
      rounds.push(run(fake, plan.payments));
    },
    start(payments: number): MorePaymentsResult {
      const fake = resurs;
      const unregistered = typesOf(plan).filter((type) => fake?.registered.has(type) !== true);
      if (fake === null || unregistered.length > 0) return { outcome: 'unregistered', types: unregistered };
      const firstPaymentId = nextPaymentId;
      rounds.push(run(fake, payments));
      return { outcome: 'started', firstPaymentId };
    },
    /** False when a callback of a round did not end as expected or not at all; true when no round began. */
    async areAsExpected(): Promise<boolean> {
      return (await Promise.all(rounds)).every((asExpected) => asExpected);
    },
  };
}

/** Returns the types that the scenario may need. */
function typesOf({ scenarioFor, payments, firstPaymentId }: ListenPlan) {
  return [
    ...new Set(
      scenarioFor({ payments, firstPaymentId, signed: true })
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
