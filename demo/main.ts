/**
 * `npm run demo`: the whole way of a callback on one machine, with real parts: embedded Postgres, the receiver as its own
 * process, a merchant that verifies signatures, and Resurs played by `simulate`. Needs nothing configured, leaves nothing
 * behind, and exits 0 only when everything is as the contract promises.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assumedRegistration } from '../src/stand-in/signing.ts';
import { runSimulation, type SimulationOptions } from '../src/stand-in/simulator.ts';
import { PROMISED, tellStory } from '../src/stand-in/story.ts';
import { settledEvents } from './kept.ts';
import { startMerchant } from './merchant.ts';
import { startReceiver } from './receiver.ts';
import { type Paint, paintFor, reportLines } from './report.ts';
import {
  CALLBACK_PATH,
  type DemoSettings,
  FIRST_PAYMENT_ID,
  FOREIGN_ID,
  makeSettings,
  receiverEnvironment,
} from './settings.ts';
import { type Evidence, judge } from './verdict.ts';

const ROOT = join(import.meta.dirname, '..');
const DELIVERED_WITHIN_MS = 15_000;
/** What a shell reports after Ctrl-C. */
const EXIT_INTERRUPTED = 130;

type Print = (line: string) => void;
type CleanUps = (() => Promise<unknown>)[];

if (import.meta.main) process.exitCode = await main();

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

  print('Starting Postgres and the receiver …');
  const env = receiverEnvironment(settings, { dataDir, webhookUrl: merchant.url });
  const receiver = startReceiver({ command: ['src/main.ts', 'serve'], cwd: ROOT, env, baseUrl });
  cleanUps.push(() => receiver.stop());
  await receiver.ready(signal);

  print(`Playing Resurs against ${baseUrl}${CALLBACK_PATH} …`);
  const callbacks = await runSimulation(simulationOf(settings, baseUrl, signal));
  signal.throwIfAborted();

  print(`Waiting until ${merchant.url} has everything …`);
  const events = await settledEvents({ baseUrl, token: settings.statusToken }, DELIVERED_WITHIN_MS, signal);
  return { callbacks, events, arrivals: merchant.arrivals, receiverExitCode: await receiver.stop() };
}

function simulationOf({ digestKey, basic }: DemoSettings, baseUrl: string, signal: AbortSignal): SimulationOptions {
  const nowMs = Date.now();
  const story = tellStory({
    payments: 2,
    firstPaymentId: FIRST_PAYMENT_ID,
    foreignId: FOREIGN_ID,
    foreignAnswer: PROMISED.notOurs,
    signed: true,
    nowMs,
    only: null,
  });

  const registeredAt = String(Math.floor(nowMs / 1000));
  const signing = { algorithm: 'sha1', key: digestKey, salt: null, salts: {}, registeredAt } as const;
  return {
    story,
    registrationOf: (type) =>
      assumedRegistration(type, { target: baseUrl + CALLBACK_PATH, form: 'query', signing, basic }),
    speed: 3_600,
    attempts: 5,
    concurrency: 4,
    signal,
  };
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
