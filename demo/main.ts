/**
 * `npm run demo`: runs the whole path of a callback on one machine. The parts are real: embedded Postgres, the receiver
 * as a process of its own, a merchant that verifies signatures, and a fake Resurs with which the receiver's URLs are
 * registered first. It needs no configuration, leaves nothing behind, and exits 0 only when every promise is kept.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { reconcile } from '../src/commands/reconcile/reconcile.ts';
import { register } from '../src/commands/register.ts';
import { startFakeResurs } from '../src/simulator/fake-resurs.ts';
import { startMerchant } from './merchant.ts';
import { startReceiver } from './receiver.ts';
import { type Colors, colorsFor, reportLines } from './report.ts';
import { ecomScenario, isLost, mapiScenario } from './scenario.ts';
import { CALLBACK_PATH, FIRST_PAYMENT_ID, MAPI_CALLBACK_PATH, makeSettings, receiverEnvironment } from './settings.ts';
import { waitForSettledEvents } from './stored-events.ts';
import { type Evidence, verdicts } from './verdict.ts';

const ROOT = join(import.meta.dirname, '..');
const DELIVERED_WITHIN_MS = 15_000;
/** Resurs' times have no fraction, so what happened within the last second or two is too young to be judged. */
const FOUND_WITHIN_MS = 10_000;
const RECONCILE_AGAIN_AFTER_MS = 500;
/** The exit code that a shell reports after Ctrl-C. */
const EXIT_INTERRUPTED = 130;

type Print = (line: string) => void;
type Cleanup = (() => Promise<unknown>)[];

if (import.meta.main) {
  // Node's exit cleanup can loop forever (see src/lib/reset-socket.ts).
  process.once('beforeExit', () => process.exit(process.exitCode ?? 1));
  process.exitCode = await main();
}

async function main(): Promise<number> {
  const stopped = new AbortController();
  // Later signals are ignored: the cleanup has a time limit, and a terminal may send the first signal twice.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopped.abort());
  const colors = colorsFor(process.stdout);
  const print: Print = (line) => process.stdout.write(`${line}\n`);

  try {
    const evidence = await withCleanup((cleanups) => runDemo(cleanups, print, stopped.signal));
    return report(evidence, print, colors);
  } catch (error) {
    if (stopped.signal.aborted) {
      print('Stopped and cleaned up.');
      return EXIT_INTERRUPTED;
    }
    process.stderr.write(`${colors('red', '✗')} ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** Runs `work`, then the steps that it added to the cleanup, last first, also after an error. */
async function withCleanup<T>(work: (cleanups: Cleanup) => Promise<T>): Promise<T> {
  const cleanups: Cleanup = [];
  try {
    return await work(cleanups);
  } finally {
    for (const step of cleanups.toReversed()) await step();
  }
}

async function runDemo(cleanups: Cleanup, print: Print, signal: AbortSignal): Promise<Evidence> {
  const settings = await makeSettings();
  const baseUrl = `http://127.0.0.1:${settings.port}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'resurs-demo-'));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
  const merchant = await startMerchant({ secret: settings.webhookSecret, refuseFirstOf: FIRST_PAYMENT_ID });
  cleanups.push(() => merchant.stop());

  const fakeResurs = await startFakeResurs({ account: settings.account, speed: 3_600, attempts: 5, isLost });
  cleanups.push(() => fakeResurs.stop());

  print('Starting Postgres and the receiver …');
  const env = receiverEnvironment(settings, { dataDir, webhookUrl: merchant.url, fakeResurs });
  const receiver = startReceiver({ command: ['src/main.ts', 'serve'], cwd: ROOT, env, baseUrl });
  cleanups.push(() => receiver.stop());
  await receiver.ready(signal);

  print(`Registering ${baseUrl}${CALLBACK_PATH} with a fake Resurs …`);
  await registerAll(env, print, signal);
  print('Sending the callbacks of four payments, one of them of the Merchant API; one callback gets lost …');
  const urls = { target: `${baseUrl}${MAPI_CALLBACK_PATH}`, token: settings.mapiToken, form: 'path' } as const;
  const sent = [fakeResurs.run(ecomScenario(), signal), fakeResurs.runMapi(mapiScenario(), urls, signal)];
  const callbacks = (await Promise.all(sent)).flat();
  signal.throwIfAborted();

  print('Asking Resurs for what never came …');
  await reconcileAll(env, print, signal);
  print(`Waiting until ${merchant.url} has everything …`);
  const events = await waitForSettledEvents({ baseUrl, token: settings.statusToken }, DELIVERED_WITHIN_MS, signal);
  const registered = [...fakeResurs.registered.keys()];
  return { registered, callbacks, events, received: merchant.received, receiverExitCode: await receiver.stop() };
}

/** Runs the command as an operator does, and prints its results without its plan. */
async function registerAll(env: Record<string, string>, print: Print, stop: AbortSignal): Promise<void> {
  const lines: string[] = [];
  const keepLine = (line: string): void => void lines.push(line);
  const exitCode = await register.run(['--yes'], { env, print: keepLine, printError: keepLine, stop });
  stop.throwIfAborted();
  if (exitCode !== 0) throw new Error(['register failed:', ...lines].join('\n  '));
  for (const line of lines.filter((each) => each.includes(': registered over'))) print(`  ${line}`);
}

/** Runs the command as an operator does, until nothing is too young any more, and prints what it has found. */
async function reconcileAll(env: Record<string, string>, print: Print, stop: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + FOUND_WITHIN_MS;
  for (;;) {
    const { payments, tooYoung } = await reconcileOnce(env, stop);
    for (const { orderReference, missed } of payments) print(`  ${orderReference}: ${missed.join(', ')} was missed`);
    if (tooYoung === 0 || performance.now() > deadlineMs) return;
    await wait(RECONCILE_AGAIN_AFTER_MS, undefined, { signal: stop });
  }
}

async function reconcileOnce(env: Record<string, string>, stop: AbortSignal): Promise<ReconcileReport> {
  const out: string[] = [];
  const errors: string[] = [];
  const printError = (line: string): void => void errors.push(line);
  const exitCode = await reconcile.run(['--json'], { env, print: (line) => void out.push(line), printError, stop });
  stop.throwIfAborted();
  if (exitCode !== 0) throw new Error(['reconcile failed:', ...errors].join('\n  '));
  return JSON.parse(out.join(''));
}

/** The parts of the command's document that the demo shows. */
interface ReconcileReport {
  readonly tooYoung: number;
  readonly payments: readonly MissedPayment[];
}

interface MissedPayment {
  readonly orderReference: string;
  readonly missed: readonly string[];
}

function report(evidence: Evidence, print: Print, colors: Colors): number {
  const checks = verdicts(evidence);
  for (const line of reportLines(evidence, checks, colors)) print(line);

  const broken = checks.filter(({ violations }) => violations.length > 0).length;
  print('');
  print(
    broken === 0
      ? colors('green', 'Everything is as promised.')
      : colors('red', `${broken} of ${checks.length} promises are broken.`),
  );
  return broken === 0 ? 0 : 1;
}
