/**
 * The options of `simulate` with their defaults. Numbers and words are parsed like settings, so that both give the same
 * messages; no message repeats a value.
 */
import type { SettingType } from '../../config/types/basic.ts';
import { MAX_TRIES } from '../../simulator/retry-schedule.ts';
import { type OptionValues, UsageError } from '../command.ts';

export const SIMULATE_OPTIONS = {
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
  yes: { type: 'boolean', default: false },
  listen: { type: 'string' },
} as const;

/** The options as text; those without a default may be missing. */
export type SimulateArguments = OptionValues<typeof SIMULATE_OPTIONS>;

/** Returns the value of an option. Throws UsageError when it is invalid. */
export function parseOption<T>(name: string, type: SettingType<T>, text: string): T {
  const result = type.parse(text);
  if (result.outcome === 'refused') throw new UsageError(`${name} ${result.problem}: give ${type.expected}`);
  return result.value;
}
