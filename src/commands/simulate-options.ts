/**
 * What `simulate` is asked to do: its arguments, which come before the environment, turned into one plan.
 * Everything that cannot be meant is refused before the first request; no message repeats a salt, a key or a URL.
 */
import { choice, integer } from '../config/kinds.ts';
import type { Environment } from '../config/read.ts';
import type { Basic } from '../resurs/registration.ts';
import { MOST_TRIES } from '../stand-in/schedule.ts';
import { assumedRegistration, type Signing, saltOf } from '../stand-in/signing.ts';
import type { SimulationOptions } from '../stand-in/simulator.ts';
import {
  PROMISED,
  type Promised,
  SIMULATED_TYPES,
  type SimulatedType,
  type Track,
  tellStory,
} from '../stand-in/story.ts';

import { read, readSimulateArguments, type SimulateValues } from './simulate-arguments.ts';
import {
  accountBeside,
  basicBeside,
  foreignAnswerBeside,
  type ReadSetting,
  secretsBeside,
  settingsBeside,
  targetBeside,
  UsageFault,
} from './simulate-environment.ts';

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
  readonly account: Basic | null;
  /** Whether anything can be signed wrongly is known when it is registered. */
  readonly tell: (signed: boolean) => readonly Track[];
}

/** Reads arguments and environment. Throws UsageFault for what cannot be meant; opens no connection. */
export function planSimulation(args: readonly string[], env: Environment, nowMs: number): SimulationPlan {
  const { values, positionals } = readSimulateArguments(args);
  if (positionals.length > 1) throw new UsageFault('only one URL can be the target');

  const beside = settingsBeside(env);
  const tell = storyOf(values, beside, nowMs);
  const pace = {
    speed: read('--speed', integer({ min: 1, max: 1_000_000_000 }), values.speed),
    attempts: read('--attempts', integer({ min: 1, max: MOST_TRIES }), values.attempts),
    concurrency: read('--concurrency', integer({ min: 1, max: 1_000 }), values.concurrency),
  };
  if (values.listen !== undefined) {
    refuseBesideListen(values, positionals);
    demandStory(tell(true));
    const port = read('--listen', integer({ min: 0, max: 65_535 }), values.listen);
    return { kind: 'listen', port, account: accountBeside(beside), tell, ...pace };
  }

  const signing = signingOf(values, beside, nowMs);
  const story = demandStory(tell(saltOf(signing, 'UNFREEZE') !== null));
  const target = targetOf(positionals[0] ?? targetBeside(beside));
  const form = read('--form', choice(['query', 'pairs']), values.form ?? 'query');
  const basic = basicBeside(beside);
  const registrationOf = (type: SimulatedType) => assumedRegistration(type, { target, form, signing, basic });
  return { kind: 'play', target, story, registrationOf, json: values.json, ...pace };
}

function demandStory(story: readonly Track[]): readonly Track[] {
  if (story.length === 0) throw new UsageFault('--only leaves nothing to send');
  return story;
}

/** What is registered says all this, and there is no end for a document to come at. */
function refuseBesideListen(values: SimulateValues, positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageFault('--listen and a URL exclude each other');
  for (const name of ['form', 'algorithm', 'salt', 'key'] as const) {
    if (values[name] !== undefined) throw new UsageFault(`--listen and --${name} exclude each other`);
  }
  if (values.json) throw new UsageFault('--listen and --json exclude each other');
}

function storyOf(values: SimulateValues, beside: ReadSetting, nowMs: number): (signed: boolean) => readonly Track[] {
  const options = {
    payments: read('--payments', integer({ min: 0, max: 100_000 }), values.payments),
    firstPaymentId: values.first ?? String(nowMs),
    foreignId: values.foreign,
    foreignAnswer: foreignAnswerOf(values['foreign-answer'], beside),
    nowMs,
    only: typesOf(values.only),
  };
  return (signed) => tellStory({ ...options, signed });
}

/** A salt given by hand replaces every secret of the environment, a key as well: nothing else could be meant. */
function signingOf({ salt, key, algorithm }: SimulateValues, beside: ReadSetting, nowMs: number): Signing {
  if (salt !== undefined && key !== undefined) throw new UsageFault('--salt and --key exclude each other');

  const given = salt !== undefined || key !== undefined;
  const first = beside('DIGEST_ALGORITHM')[0] ?? 'sha1';
  return {
    ...(given ? { key: key ?? null, salt: salt ?? null, salts: {} } : secretsBeside(beside)),
    algorithm: algorithm === undefined ? first : read('--algorithm', choice(['sha1', 'md5']), algorithm),
    registeredAt: String(Math.floor(nowMs / 1000)),
  };
}

function foreignAnswerOf(status: string | undefined, beside: ReadSetting): Promised {
  if (status === undefined) return foreignAnswerBeside(beside);

  const answers = { 202: PROMISED.notOursButAccepted, 204: PROMISED.kept, 410: PROMISED.notOurs };
  return answers[read('--foreign-answer', choice(['202', '204', '410']), status)];
}

function typesOf(names: string | undefined): readonly SimulatedType[] | null {
  if (names === undefined) return null;
  return names.split(',').map((name) => read('--only', choice(SIMULATED_TYPES), name.toUpperCase()));
}

/** Credentials belong into the environment: a URL ends up in process lists and shell histories. */
function targetOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new UsageFault('the target is no http or https URL');
  if (url.username !== '' || url.password !== '') {
    throw new UsageFault('the target holds credentials: set BASIC_AUTH_USERNAME and BASIC_AUTH_PASSWORD instead');
  }
  if (text.includes('#')) throw new UsageFault('the target has a fragment, which is never sent');
  return url.href;
}
