/**
 * `simulate --listen`: is Resurs for the commands that talk to it, on this machine. Whoever registers gets the story
 * played over what was registered, and afterwards what it triggers. Prints a line for each call and each request, never
 * a URL, a digest, a salt, or a password that it has not made itself.
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

/** Runs until the operator stops it. */
export async function listenAsResurs(plan: ListenPlan, terminal: Terminal): Promise<number> {
  const { stop = new AbortController().signal } = terminal;
  const account = plan.account ?? { username: 'resurs', password: randomBytes(18).toString('base64url') };
  const standIn = await start(plan, account, terminal);
  if (standIn === null) return EXIT.failed;

  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  stop.addEventListener('abort', () => resolve(), { once: true });
  if (stop.aborted) resolve();
  try {
    for (const line of settingsOf(standIn, plan)) terminal.print(line);
    const isStoryAsPromised = await playOnceRegistered(standIn, { plan, terminal, stop });
    await stopped;
    return isStoryAsPromised && standIn.ended.every(({ asExpected }) => asExpected) ? EXIT.ok : EXIT.failed;
  } finally {
    await standIn.stop();
  }
}

async function start(
  { port, speed, attempts, concurrency }: ListenPlan,
  account: BasicCredentials,
  terminal: Terminal,
): Promise<FakeResurs | null> {
  const onCall = (call: CompletedCall) => terminal.print(callLine(call));
  const onAnswered = (exchange: CallbackTry) => terminal.print(exchangeLine(exchange));
  try {
    return await startFakeResurs({ account, port, speed, attempts, concurrency, onCall, onAnswered });
  } catch (error) {
    terminal.printError(`Cannot listen on port ${port}: ${errorSummary(error)}`);
    return null;
  }
}

function settingsOf({ restUrl, soapUrl, account }: FakeResurs, plan: ListenPlan): string[] {
  const types = typesOf(plan).join(', ');
  return [
    'Resurs is played here. Settings for register, trigger-test and doctor:',
    '',
    `RESURS_REST_URL=${restUrl}`,
    `RESURS_SOAP_URL=${soapUrl}`,
    `RESURS_USERNAME=${account.username}`,
    plan.account === null ? `RESURS_PASSWORD=${account.password}` : 'RESURS_PASSWORD as it is in the environment',
    '',
    `Callbacks begin when these are registered: ${types}. Ctrl-C ends it.`,
  ];
}

interface Playing {
  readonly plan: ListenPlan;
  readonly terminal: Terminal;
  readonly stop: AbortSignal;
}

/** False when a callback did not end as promised, or not at all. What never began has broken no promise. */
async function playOnceRegistered(standIn: FakeResurs, { plan, terminal, stop }: Playing): Promise<boolean> {
  try {
    await standIn.whenHeld(typesOf(plan), stop);
  } catch (error) {
    if (stop.aborted) return true;
    throw error;
  }

  const story = plan.tell((standIn.held.get('UNFREEZE')?.digest ?? null) !== null);
  const callbacks = await standIn.play(story, stop);
  for (const line of ['', ...reportLines('Resurs → what is registered', story, callbacks), '']) terminal.print(line);
  return isAsExpected(story, callbacks);
}

/** The types that the story may need. */
function typesOf({ tell }: ListenPlan) {
  return [
    ...new Set(
      tell(true)
        .flat()
        .map(({ type }) => type),
    ),
  ];
}

function callLine({ channel, operation, type, status, note }: CompletedCall): string {
  const asked = [channel, operation, type].filter((part) => part !== null).join(' ');
  return `← ${asked}: ${status ?? 'no answer'}${note === null ? '' : `, ${note}`}`;
}

function exchangeLine({ callback, method, tryNumber, answer, lost }: CallbackTry): string {
  const sent = [method, callback.type, callback.paymentId].filter((part) => part !== null).join(' ');
  // A triggered callback has whatever id it was given.
  return `→ ${sent.replace(/\p{Cc}/gu, ' ')}, try ${tryNumber}: ${answerText(answer)}${lost ? ', lost on the way' : ''}`;
}

function answerText(answer: CallbackTry['answer']): string {
  switch (answer.outcome) {
    case 'answered':
      return `${answer.status} ${answer.reason ?? answer.phrase}`;
    case 'timed_out':
      return 'no answer in time';
    case 'unreachable':
      return `no answer (${answer.error})`;
  }
}
