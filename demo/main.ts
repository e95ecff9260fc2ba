/**
 * `npm run demo`: the whole way of a callback on one machine, with real parts: embedded Postgres, the receiver as its own
 * process, a merchant that verifies signatures, and a stand-in for Resurs at which the receiver's URLs are registered first.
 * Needs nothing configured, leaves nothing behind, and exits 0 only when everything is as promised.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { register } from '../src/commands/register.ts';
import { startFakeResurs } from '../src/simulator/fake-resurs.ts';
import { buildScenario, type CallbackSequence, EXPECTED } from '../src/simulator/scenario.ts';
import { startMerchant } from './merchant.ts';
import { startReceiver } from './receiver.ts';
import { type Paint, paintFor, reportLines } from './report.ts';
import { CALLBACK_PATH, FIRST_PAYMENT_ID, FOREIGN_ID, makeSettings, receiverEnvironment } from './settings.ts';
import { settledEvents } from './stored-events.ts';
import { type Evidence, judge } from './verdict.ts';

const ROOT = join(import.meta.dirname, '..');
const DELIVERED_WITHIN_MS = 15_000;
/** What a shell reports after Ctrl-C. */
const EXIT_INTERRUPTED = 130;

type Print = (line: string) => void;
type CleanUps = (() => Promise<unknown>)[];

if (import.meta.main) {
  // Node's own last clean-up can spin for ever (see src/lib/reset-socket.ts).
  process.once('beforeExit', () => process.exit(process.exitCode ?? 1));
  process.exitCode = await main();
}

async function main(): Promise<number> {
  const stopped = new AbortController();
  // A later signal changes nothing: cleaning up is bounded in time, and a terminal may send the first one twice.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
  const paint = paintFor(process.stdout);
  const print: Print = (line) => process.stdout.write(`${line}\n`);

  try {
    const evidence = await withCleanUp((cleanUps) => playAll(cleanUps, print, stopped.signal));
    return report(evidence, print, paint);
  } catch (error) {
    if (stopped.signal.aborted) {
      print('Stopped and cleaned up.');
      return EXIT_INTERRUPTED;
    }
    process.stderr.write(`${paint('red', '✗')} ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** Runs the work, then whatever it has put down as clean-up, last first, also after an error. */
async function withCleanUp<T>(work: (cleanUps: CleanUps) => Promise<T>): Promise<T> {
  const cleanUps: CleanUps = [];
  try {
    return await work(cleanUps);
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  }
}

async function playAll(cleanUps: CleanUps, print: Print, signal: AbortSignal): Promise<Evidence> {
  const settings = await makeSettings();
  const baseUrl = `http://127.0.0.1:${settings.port}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'resurs-demo-'));
  cleanUps.push(() => rm(dataDir, { recursive: true, force: true }));
  const merchant = await startMerchant({ secret: settings.webhookSecret, refuseFirstOf: FIRST_PAYMENT_ID });
  cleanUps.push(() => merchant.stop());

  const standIn = await startFakeResurs({ account: settings.account, speed: 3_600, attempts: 5 });
  cleanUps.push(() => standIn.stop());

  print('Starting Postgres and the receiver …');
  const env = receiverEnvironment(settings, { dataDir, webhookUrl: merchant.url, standIn });
  const receiver = startReceiver({ command: ['src/main.ts', 'serve'], cwd: ROOT, env, baseUrl });
  cleanUps.push(() => receiver.stop());
  await receiver.ready(signal);

  print(`Registering ${baseUrl}${CALLBACK_PATH} at a stand-in for Resurs …`);
  await registerAll(env, print, signal);
  print('Playing the life of two payments …');
  const callbacks = await standIn.play(demoStory(), signal);
  signal.throwIfAborted();

  print(`Waiting until ${merchant.url} has everything …`);
  const events = await settledEvents({ baseUrl, token: settings.statusToken }, DELIVERED_WITHIN_MS, signal);
  const registered = [...standIn.held.keys()];
  return { registered, callbacks, events, arrivals: merchant.arrivals, receiverExitCode: await receiver.stop() };
}

/** Runs the command as an operator does; its plan is left out here, its results are not. */
async function registerAll(env: Record<string, string>, print: Print, stop: AbortSignal): Promise<void> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const exitCode = await register.run(['--yes'], { env, print: say, printError: say, stop });
  stop.throwIfAborted();
  if (exitCode !== 0) throw new Error(['register failed:', ...said].join('\n  '));
  for (const line of said.filter((each) => each.includes(': registered over'))) print(`  ${line}`);
}

function demoStory(): readonly CallbackSequence[] {
  return buildScenario({
    payments: 2,
    firstPaymentId: FIRST_PAYMENT_ID,
    foreignId: FOREIGN_ID,
    foreignAnswer: EXPECTED.notOurs,
    signed: true,
    nowMs: Date.now(),
    only: null,
  });
}

function report(evidence: Evidence, print: Print, paint: Paint): number {
  const checks = judge(evidence);
  for (const line of reportLines(evidence, checks, paint)) print(line);

  const broken = checks.filter(({ faults }) => faults.length > 0).length;
  print('');
  print(
    broken === 0
      ? paint('green', 'Everything is as promised.')
      : paint('red', `${broken} of ${checks.length} promises are broken.`),
  );
  return broken === 0 ? 0 : 1;
}
