/**
 * What `simulate` is asked to do: its arguments, which come before the environment, turned into one plan.
 * Everything that cannot be meant is refused before the first request; no message repeats a salt, a key or a URL.
 */
import { parseArgs } from 'node:util';
import { choice, integer, type Kind } from '../config/kinds.ts';
import type { Environment } from '../config/read.ts';
import { MOST_TRIES } from '../stand-in/schedule.ts';
import { assumedRegistration, type Signing, saltOf } from '../stand-in/signing.ts';
import type { SimulationOptions } from '../stand-in/simulator.ts';
import { PROMISED, type Promised, SIMULATED_TYPES, type SimulatedType, tellStory } from '../stand-in/story.ts';
import {
  basicBeside,
  foreignAnswerBeside,
  type ReadSetting,
  secretsBeside,
  settingsBeside,
  targetBeside,
  UsageFault,
} from './simulate-environment.ts';

/** What the command runs, and how it reports. */
export interface SimulatePlan extends SimulationOptions {
  readonly target: string;
  readonly json: boolean;
}

const OPTIONS = {
  salt: { type: 'string' },
  key: { type: 'string' },
  algorithm: { type: 'string' },
  form: { type: 'string', default: 'query' },
  speed: { type: 'string', default: '3600' },
  payments: { type: 'string', default: '2' },
  only: { type: 'string' },
  concurrency: { type: 'string', default: '4' },
  attempts: { type: 'string', default: String(MOST_TRIES) },
  first: { type: 'string' },
  foreign: { type: 'string', default: 'FOREIGN-ORDER-1' },
  'foreign-answer': { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Reads arguments and environment. Throws UsageFault for what cannot be meant; opens no connection. */
export function planSimulation(args: readonly string[], env: Environment, nowMs: number): SimulatePlan {
  const { values, positionals } = readArguments(args);
  if (positionals.length > 1) throw new UsageFault('only one URL can be the target');

  const beside = settingsBeside(env);
  const signing = signingOf(values, beside, nowMs);
  const story = tellStory({
    payments: read('--payments', integer({ min: 0, max: 100_000 }), values.payments),
    firstPaymentId: values.first ?? String(nowMs),
    foreignId: values.foreign,
    foreignAnswer: foreignAnswerOf(values['foreign-answer'], beside),
    signed: saltOf(signing, 'UNFREEZE') !== null,
    nowMs,
    only: typesOf(values.only),
  });
  if (story.length === 0) throw new UsageFault('--only leaves nothing to send');

  const target = targetOf(positionals[0] ?? targetBeside(beside));
  const form = read('--form', choice(['query', 'pairs']), values.form);
  const basic = basicBeside(beside);
  return {
    target,
    story,
    registrationOf: (type) => assumedRegistration(type, { target, form, signing, basic }),
    speed: read('--speed', integer({ min: 1, max: 1_000_000_000 }), values.speed),
    attempts: read('--attempts', integer({ min: 1, max: MOST_TRIES }), values.attempts),
    concurrency: read('--concurrency', integer({ min: 1, max: 1_000 }), values.concurrency),
    json: values.json,
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageFault(error instanceof Error ? error.message : 'the arguments cannot be read');
  }
}

type SecretArguments = { readonly salt?: string; readonly key?: string; readonly algorithm?: string };

/** A salt given by hand replaces every secret of the environment, a key as well: nothing else could be meant. */
function signingOf({ salt, key, algorithm }: SecretArguments, beside: ReadSetting, nowMs: number): Signing {
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

function read<T>(name: string, kind: Kind<T>, text: string): T {
  const result = kind.parse(text);
  if (result.outcome === 'refused') throw new UsageFault(`${name} ${result.problem}: give ${kind.expected}`);
  return result.value;
}
