/**
 * Builds the plan of `simulate --to`: which sample events go where, and with which of the receiver's settings they are
 * signed and sent. Invalid input is refused before the first request; no message repeats a secret.
 */
import { randomUUIDv7 } from 'node:crypto';
import { type Environment, readTextFile } from '../../config/environment.ts';
import { fileProblem } from '../../config/load.ts';
import { settingOf } from '../../config/settings.ts';
import { oneOf } from '../../config/types/basic.ts';
import { webhookUrl } from '../../config/types/urls.ts';
import type { Environment as EventEnvironment } from '../../deliveries/payload.ts';
import type { WebhookOptions } from '../../deliveries/webhook.ts';
import type { StoredEvent } from '../../events/event.ts';
import { describeProxy, type ProxySettings } from '../../outbound/proxies.ts';
import type { LifeCallback } from '../../simulator/life-callback.ts';
import { LIFE_NAMES, lifeOf } from '../../simulator/lives.ts';
import { isPaymentId, sampleEvents } from '../../simulator/sample-events.ts';
import { SAMPLE_TYPES, sampleNames } from '../../simulator/sample-types.ts';
import { paymentIdAfter } from '../../simulator/scenario.ts';
import { UsageError } from '../command.ts';
import { parseOption, type SimulateArguments } from './arguments.ts';
import { isLoopback, type ReadSetting, receiverSettings } from './environment.ts';

/** The events of one payment, in the order in which they are sent; the second of one id is a repeat. */
export interface SampleLife {
  /** A life's name; null for the events of `--event`. */
  readonly life: string | null;
  readonly paymentId: string;
  readonly events: readonly StoredEvent[];
}

export interface SamplePlan {
  readonly lives: readonly SampleLife[];
  readonly webhook: Omit<WebhookOptions, 'clock' | 'userAgent'>;
  readonly schedule: readonly number[];
  /** Host and port of the proxy that the requests go through; null: none. */
  readonly proxy: string | null;
  /** True when the requests stay on this machine. */
  readonly isLocal: boolean;
  readonly json: boolean;
  /** True: do not ask. */
  readonly yes: boolean;
}

/** Builds the plan. Throws UsageError for invalid input; opens no connection. */
export function planSamples(values: SimulateArguments, env: Environment, nowMs: number): SamplePlan {
  const url = parseOption('--to', webhookUrl(), values.to ?? '');
  const lives = livesOf(values, nowMs);
  const read = receiverSettings(env);
  const environment = parseOption('--environment', oneOf(['test', 'production']), values.environment);
  const webhook = webhookOptions(url, environment, read);
  const proxy = describeProxy(new URL(url), webhook.proxies);
  return {
    lives,
    webhook,
    schedule: read('WEBHOOK_RETRY_SCHEDULE'),
    proxy,
    isLocal: proxy === null && isLoopback(url),
    json: values.json,
    yes: values.yes,
  };
}

interface PlannedLife {
  readonly life: string | null;
  readonly callbacks: readonly LifeCallback[];
}

function livesOf({ event = [], life = [], payment }: SimulateArguments, nowMs: number): readonly SampleLife[] {
  const types = namesIn(event).flatMap(samplesOf);
  const planned: PlannedLife[] = namesIn(life)
    .flatMap((name) => (name === 'all' ? LIFE_NAMES : [parseLife(name)]))
    .map((name) => ({ life: name, callbacks: lifeOf(name) }));
  // Each gets a name of its own, because the receiver's identities decide here what is a repeat.
  const ownLife = types.map((callback, index) => ({ ...callback, name: `${index}` }));
  if (ownLife.length > 0) planned.unshift({ life: null, callbacks: ownLife });
  if (planned.length === 0) throw new UsageError(`--to needs --event TYPE or --life NAME. ${lifeList()} ${typeList()}`);

  let firstSequence = nowMs;
  return planned.map(({ life: name, callbacks }, index) => {
    const paymentId = parsePaymentId(paymentIdAfter(payment ?? String(nowMs), index));
    const now = new Date(nowMs);
    const events = sampleEvents(callbacks, { paymentId, now, newId: () => randomUUIDv7(), firstSequence });
    firstSequence += events.length;
    return { life: name, paymentId, events };
  });
}

/** Each option may be given several times, and may list several names. */
function namesIn(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).map((name) => name.trim().toLowerCase());
}

function parseLife(text: string): (typeof LIFE_NAMES)[number] {
  const name = LIFE_NAMES.find((known) => known === text);
  if (name === undefined) throw new UsageError(`--life ${JSON.stringify(text)} does not exist. ${lifeList()}`);
  return name;
}

/** Returns the samples of a type, or one of them: `payment.updated:credit`. */
function samplesOf(text: string): LifeCallback[] {
  const samples = SAMPLE_TYPES.filter((sample) => sampleNames(sample).includes(text));
  if (samples.length === 0) throw new UsageError(`--event ${JSON.stringify(text)} does not exist. ${typeList()}`);
  return samples.map(({ callback }) => callback);
}

function lifeList(): string {
  return `Lives: ${LIFE_NAMES.join(', ')}; all.`;
}

function typeList(): string {
  const names = SAMPLE_TYPES.flatMap(sampleNames);
  return `Event types: ${[...new Set(names)].join(', ')}.`;
}

function parsePaymentId(text: string): string {
  if (isPaymentId(text)) return text;
  throw new UsageError(
    '--payment is not an id that a payment can have: give 1 to 255 characters, no control characters',
  );
}

function webhookOptions(url: string, environment: EventEnvironment, read: ReadSetting): SamplePlan['webhook'] {
  return {
    url,
    environment,
    secrets: signingSecrets(read),
    authorization: read('WEBHOOK_AUTHORIZATION'),
    proxies: proxySettings(read),
    tls: {
      caFile: readFileSetting(read, 'WEBHOOK_CA_FILE'),
      certFile: readWith(read, 'WEBHOOK_CLIENT_CERT_FILE', 'WEBHOOK_CLIENT_KEY_FILE'),
      keyFile: readWith(read, 'WEBHOOK_CLIENT_KEY_FILE', 'WEBHOOK_CLIENT_CERT_FILE'),
    },
    timeoutMs: read('WEBHOOK_TIMEOUT_MS'),
    concurrency: 1,
  };
}

function proxySettings(read: ReadSetting): ProxySettings {
  return { HTTP_PROXY: read('HTTP_PROXY'), HTTPS_PROXY: read('HTTPS_PROXY'), NO_PROXY: read('NO_PROXY') };
}

type FileSetting = 'WEBHOOK_CA_FILE' | 'WEBHOOK_CLIENT_CERT_FILE' | 'WEBHOOK_CLIENT_KEY_FILE';

/** Returns the path of a file that the service would start with. */
function readFileSetting(read: ReadSetting, name: FileSetting): string | null {
  const file = read(name);
  const problem = file === null ? null : fileProblem(file, settingOf(name).pem, readTextFile);
  if (problem !== null) throw new UsageError(`${name} names a file that ${problem}`);
  return file;
}

/** Reads one of two settings that need each other. */
function readWith(read: ReadSetting, name: FileSetting, other: FileSetting): string | null {
  const isAlone = read(name) !== null && read(other) === null;
  if (isAlone) throw new UsageError(`${name} is set without ${other}: set both or none`);
  return readFileSetting(read, name);
}

const MAKE_SECRET =
  'Make one: export WEBHOOK_SECRET="whsec_$(openssl rand -base64 32)". The shop verifies with the same.';

const UNSET = 'Unset it, or set it to the secret before WEBHOOK_SECRET.';

function signingSecrets(read: ReadSetting): string[] {
  const [secret, previous] = [readSecret(read, 'WEBHOOK_SECRET'), readSecret(read, 'WEBHOOK_SECRET_PREVIOUS')];
  if (secret === null) throw new UsageError(`WEBHOOK_SECRET is not set, and signs the events. ${MAKE_SECRET}`);
  return previous === null ? [secret] : [secret, previous];
}

function readSecret(read: ReadSetting, name: 'WEBHOOK_SECRET' | 'WEBHOOK_SECRET_PREVIOUS'): string | null {
  try {
    return read(name);
  } catch (error) {
    // Where the error names its own fix, a new secret would not help.
    if (!(error instanceof UsageError) || error.message.includes(' Fix: ')) throw error;
    throw new UsageError(`${error.message.replace(/\.$/, '')}. ${name === 'WEBHOOK_SECRET' ? MAKE_SECRET : UNSET}`);
  }
}
