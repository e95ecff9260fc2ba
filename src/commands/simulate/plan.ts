/**
 * What `simulate` is asked to do: its arguments, which come before the environment, turned into one plan.
 * Everything that cannot be meant is refused before the first request; no message repeats a salt, a key or a URL.
 */
import type { Environment } from '../../config/environment.ts';
import { choice, integer } from '../../config/types/basic.ts';
import type { BasicCredentials } from '../../protocol/ecom/registration.ts';
import { assumedRegistration, type SigningSecrets, saltFor } from '../../simulator/assumed-registration.ts';
import { MAX_TRIES } from '../../simulator/retry-schedule.ts';
import type { SimulationOptions } from '../../simulator/run-scenario.ts';
import {
  buildScenario,
  type CallbackSequence,
  EXPECTED,
  type ExpectedResponse,
  SIMULATED_TYPES,
  type SimulatedType,
} from '../../simulator/scenario.ts';

import { parseOption, readSimulateArguments, type SimulateArguments } from './arguments.ts';
import {
  notOursResponse,
  type ReadSetting,
  receiverCredentials,
  receiverSettings,
  receiverUrl,
  resursAccount,
  signingSecrets,
  UsageError,
} from './environment.ts';

/** What the command runs: a story against a receiver, or Resurs itself. */
export type SimulationPlan = SimulatePlan | ListenPlan;

/** A story for a receiver that is assumed to have registered itself. */
export interface SimulatePlan extends SimulationOptions {
  readonly kind: 'play';
  readonly target: string;
  readonly json: boolean;
}

/** A story for whoever registers, and where to wait for that. */
export interface ListenPlan extends Pick<SimulationOptions, 'speed' | 'attempts' | 'concurrency'> {
  readonly kind: 'listen';
  /** 0 for any free one. */
  readonly port: number;
  /** Null: one has to be made up. */
  readonly account: BasicCredentials | null;
  /** Whether anything can be signed wrongly is known when it is registered. */
  readonly tell: (signed: boolean) => readonly CallbackSequence[];
}

/** Reads arguments and environment. Throws UsageError for what cannot be meant; opens no connection. */
export function planSimulation(args: readonly string[], env: Environment, nowMs: number): SimulationPlan {
  const { values, positionals } = readSimulateArguments(args);
  if (positionals.length > 1) throw new UsageError('only one URL can be the target');

  const beside = receiverSettings(env);
  const tell = storyOf(values, beside, nowMs);
  const pace = {
    speed: parseOption('--speed', integer({ min: 1, max: 1_000_000_000 }), values.speed),
    attempts: parseOption('--attempts', integer({ min: 1, max: MAX_TRIES }), values.attempts),
    concurrency: parseOption('--concurrency', integer({ min: 1, max: 1_000 }), values.concurrency),
  };
  if (values.listen !== undefined) {
    rejectWithListen(values, positionals);
    requireScenario(tell(true));
    const port = parseOption('--listen', integer({ min: 0, max: 65_535 }), values.listen);
    return { kind: 'listen', port, account: resursAccount(beside), tell, ...pace };
  }

  const signing = signingOf(values, beside, nowMs);
  const story = requireScenario(tell(saltFor(signing, 'UNFREEZE') !== null));
  const target = targetOf(positionals[0] ?? receiverUrl(beside));
  const form = parseOption('--form', choice(['query', 'pairs']), values.form ?? 'query');
  const basic = receiverCredentials(beside);
  const registrationOf = (type: SimulatedType) => assumedRegistration(type, { target, form, signing, basic });
  return { kind: 'play', target, story, registrationOf, json: values.json, ...pace };
}

function requireScenario(story: readonly CallbackSequence[]): readonly CallbackSequence[] {
  if (story.length === 0) throw new UsageError('--only leaves nothing to send');
  return story;
}

/** What is registered says all this, and there is no end for a document to come at. */
function rejectWithListen(values: SimulateArguments, positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError('--listen and a URL exclude each other');
  for (const name of ['form', 'algorithm', 'salt', 'key'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--listen and --${name} exclude each other`);
  }
  if (values.json) throw new UsageError('--listen and --json exclude each other');
}

function storyOf(
  values: SimulateArguments,
  beside: ReadSetting,
  nowMs: number,
): (signed: boolean) => readonly CallbackSequence[] {
  const options = {
    payments: parseOption('--payments', integer({ min: 0, max: 100_000 }), values.payments),
    firstPaymentId: values.first ?? String(nowMs),
    foreignId: values.foreign,
    foreignAnswer: foreignAnswerOf(values['foreign-answer'], beside),
    nowMs,
    only: typesOf(values.only),
  };
  return (signed) => buildScenario({ ...options, signed });
}

/** A salt given by hand replaces every secret of the environment, a key as well: nothing else could be meant. */
function signingOf({ salt, key, algorithm }: SimulateArguments, beside: ReadSetting, nowMs: number): SigningSecrets {
  if (salt !== undefined && key !== undefined) throw new UsageError('--salt and --key exclude each other');

  const given = salt !== undefined || key !== undefined;
  const first = beside('DIGEST_ALGORITHM')[0] ?? 'sha1';
  return {
    ...(given ? { key: key ?? null, salt: salt ?? null, salts: {} } : signingSecrets(beside)),
    algorithm: algorithm === undefined ? first : parseOption('--algorithm', choice(['sha1', 'md5']), algorithm),
    registeredAt: String(Math.floor(nowMs / 1000)),
  };
}

function foreignAnswerOf(status: string | undefined, beside: ReadSetting): ExpectedResponse {
  if (status === undefined) return notOursResponse(beside);

  const answers = { 202: EXPECTED.notOursButAccepted, 204: EXPECTED.kept, 410: EXPECTED.notOurs };
  return answers[parseOption('--foreign-answer', choice(['202', '204', '410']), status)];
}

function typesOf(names: string | undefined): readonly SimulatedType[] | null {
  if (names === undefined) return null;
  return names.split(',').map((name) => parseOption('--only', choice(SIMULATED_TYPES), name.toUpperCase()));
}

/** Credentials belong into the environment: a URL ends up in process lists and shell histories. */
function targetOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageError('the target is no http or https URL');
  if (url.username !== '' || url.password !== '') {
    throw new UsageError('the target holds credentials: set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD instead');
  }
  if (text.includes('#')) throw new UsageError('the target has a fragment, which is never sent');
  return url.href;
}
