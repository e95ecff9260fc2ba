/**
 * The arguments of `simulate` as they are written, with their defaults. Numbers and words are read by the same parsers
 * as settings, so that both explain themselves in the same way; no message repeats a value.
 */
import { parseArgs } from 'node:util';
import type { SettingType } from '../../config/types/basic.ts';
import { MAX_TRIES } from '../../simulator/retry-schedule.ts';
import { UsageError } from './environment.ts';

const OPTIONS = {
  salt: { type: 'string' },
  key: { type: 'string' },
  algorithm: { type: 'string' },
  form: { type: 'string' },
  speed: { type: 'string', default: '3600' },
  payments: { type: 'string', default: '2' },
  only: { type: 'string' },
  concurrency: { type: 'string', default: '4' },
  attempts: { type: 'string', default: String(MAX_TRIES) },
  first: { type: 'string' },
  foreign: { type: 'string', default: 'FOREIGN-ORDER-1' },
  'foreign-answer': { type: 'string' },
  json: { type: 'boolean', default: false },
  listen: { type: 'string' },
} as const;

/** The options as text; those without a default may be missing. */
export type SimulateArguments = ReturnType<typeof readSimulateArguments>['values'];

/** Throws UsageError for what is no option of the command. */
export function readSimulateArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the arguments cannot be read');
  }
}

/** The value of an option. Throws UsageError when it cannot be meant. */
export function parseOption<T>(name: string, kind: SettingType<T>, text: string): T {
  const result = kind.parse(text);
  if (result.outcome === 'refused') throw new UsageError(`${name} ${result.problem}: give ${kind.expected}`);
  return result.value;
}
