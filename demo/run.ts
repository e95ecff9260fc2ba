/** The run of the demo: everything is started, callbacks are sent, and what each part saw is returned. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FakeResurs, startFakeResurs } from '../src/simulator/fake-resurs.ts';
import { type Print, reconcileAll, registerAll } from './commands.ts';
import { type Merchant, startMerchant } from './merchant.ts';
import { startReceiver } from './receiver.ts';
import { ecomScenario, isLost, mapiScenario } from './scenario.ts';
import {
  CALLBACK_PATH,
  type DemoSettings,
  FIRST_PAYMENT_ID,
  MAPI_CALLBACK_PATH,
  makeSettings,
  receiverEnvironment,
} from './settings.ts';
import { waitForSettledEvents } from './stored-events.ts';
import type { Evidence } from './verdict.ts';

const DELIVERED_WITHIN_MS = 15_000;
const ROOT = join(import.meta.dirname, '..');

export type Cleanup = (() => Promise<unknown>)[];

/** What runs on one machine: all of it but the receiver, which is started and stopped. */
export interface Stage {
  readonly settings: DemoSettings;
  readonly baseUrl: string;
  readonly merchant: Merchant;
  readonly fakeResurs: FakeResurs;
  /** Of the receiver. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts everything but the receiver. */
export async function prepareStage(cleanups: Cleanup): Promise<Stage> {
  const settings = await makeSettings();
  const dataDir = await mkdtemp(join(tmpdir(), 'resurs-demo-'));
  cleanups.push(() => rm(dataDir, { recursive: true, force: true }));
  const merchant = await startMerchant({ secret: settings.webhookSecret, refuseFirstOf: FIRST_PAYMENT_ID });
  cleanups.push(() => merchant.stop());

  const fakeResurs = await startFakeResurs({ account: settings.account, speed: 3_600, attempts: 5, isLost });
  cleanups.push(() => fakeResurs.stop());
  const env = receiverEnvironment(settings, { dataDir, webhookUrl: merchant.url, fakeResurs });
  return { settings, baseUrl: `http://127.0.0.1:${settings.port}`, merchant, fakeResurs, env };
}

/** Starts the receiver, also a second time on the same data, and waits until it is ready. */
export async function startOn(
  { env, baseUrl }: Stage,
  { cleanups, signal, more = {} }: { cleanups: Cleanup; signal: AbortSignal; more?: Readonly<Record<string, string>> },
) {
  const receiver = startReceiver({ command: ['src/main.ts', 'serve'], cwd: ROOT, env: { ...env, ...more }, baseUrl });
  cleanups.push(() => receiver.stop());
  await receiver.ready(signal);
  return receiver;
}

/** Sends the callbacks, waits until the merchant has everything, and stops the receiver. */
export async function runDemo(stage: Stage, cleanups: Cleanup, print: Print, signal: AbortSignal): Promise<Evidence> {
  const { settings, baseUrl, merchant, fakeResurs, env } = stage;
  print('Starting Postgres and the receiver …');
  const receiver = await startOn(stage, { cleanups, signal });

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
  return { registered, callbacks, events, received: [...merchant.received], receiverExitCode: await receiver.stop() };
}
