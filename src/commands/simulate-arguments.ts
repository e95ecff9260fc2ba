/**
 * The arguments of `simulate` as they are written, with their defaults. Numbers and words are read by the same parsers
 * as settings, so that both explain themselves in the same way; no message repeats a value.
 */
import { parseArgs } from 'node:util';
import type { Kind } from '../config/kinds.ts';
import { MOST_TRIES } from '../stand-in/schedule.ts';
import { UsageFault } from './simulate-environment.ts';

const OPTIONS = {
  salt: { type: 'string' },
  key: { type: 'string' },
  algorithm: { type: 'string' },
  form: { type: 'string' },
  speed: { type: 'string', default: '3600' },
  payments: { type: 'string', default: '2' },
  only: { type: 'string' },
  concurrency: { type: 'string', default: '4' },
  attempts: { type: 'string', default: String(MOST_TRIES) },
  first: { type: 'string' },
  foreign: { type: 'string', default: 'FOREIGN-ORDER-1' },
  'foreign-answer': { type: 'string' },
  json: { type: 'boolean', default: false },
  listen: { type: 'string' },
} as const;

/** The options as text; those without a default may be missing. */
export type SimulateValues = ReturnType<typeof readSimulateArguments>['values'];

/** Throws UsageFault for what is no option of the command. */
export function readSimulateArguments(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageFault(error instanceof Error ? error.message : 'the arguments cannot be read');
  }
}

/** The value of an option. Throws UsageFault when it cannot be meant. */
export function read<T>(name: string, kind: Kind<T>, text: string): T {
  const result = kind.parse(text);
  if (result.outcome === 'refused') throw new UsageFault(`${name} ${result.problem}: give ${kind.expected}`);
  return result.value;
}
