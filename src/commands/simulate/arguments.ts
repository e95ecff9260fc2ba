/**
 * The options of `simulate` with their defaults. Numbers and words are parsed like settings, so that both give the same
 * messages; no message repeats a value.
 */
import type { SettingType } from '../../config/types/basic.ts';
import { MAX_TRIES } from '../../protocol/ecom/retry-schedule.ts';
import { type OptionValues, UsageError } from '../command.ts';

export const SIMULATE_OPTIONS = {
  salt: { type: 'string' },
  key: { type: 'string' },
  algorithm: { type: 'string' },
  form: { type: 'string' },
  speed: { type: 'string', default: '3600' },
  payments: { type: 'string' },
  only: { type: 'string' },
  concurrency: { type: 'string', default: '4' },
  attempts: { type: 'string', default: String(MAX_TRIES) },
  lose: { type: 'string' },
  first: { type: 'string' },
  foreign: { type: 'string', default: 'FOREIGN-ORDER-1' },
  'foreign-answer': { type: 'string' },
  json: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  mapi: { type: 'boolean', default: false },
  listen: { type: 'string' },
  to: { type: 'string' },
  event: { type: 'string', multiple: true },
  life: { type: 'string', multiple: true },
  payment: { type: 'string' },
  environment: { type: 'string', default: 'test' },
} as const;

/** The options as text; those without a default may be missing. */
export type SimulateArguments = OptionValues<typeof SIMULATE_OPTIONS>;

/** The options of `--to`, and those that every form of the command has. */
const OPTIONS_OF_SAMPLES: readonly string[] = ['to', 'event', 'life', 'payment', 'environment'];
const COMMON_OPTIONS: readonly string[] = ['json', 'yes'];
/** An option that has its default counts as not given. */
const DEFAULTS = new Map<string, unknown>(
  Object.entries(SIMULATE_OPTIONS).map(([name, option]) => [name, 'default' in option ? option.default : undefined]),
);

/** Throws UsageError when an option is given that the rest of the command line has no use for. */
export function rejectStrayOptions(values: SimulateArguments, urls: readonly string[]): void {
  const isSample = values.to !== undefined;
  if (isSample && urls.length > 0) throw new UsageError('--to and a URL exclude each other');
  for (const [name, value] of Object.entries(values)) {
    if (COMMON_OPTIONS.includes(name) || value === DEFAULTS.get(name)) continue;
    const isOfSamples = OPTIONS_OF_SAMPLES.includes(name);
    if (isSample && !isOfSamples) throw new UsageError(`--to and --${name} exclude each other`);
    if (!isSample && isOfSamples) throw new UsageError(`--${name} needs --to URL: the endpoint of the shop`);
  }
}

/** Returns the value of an option. Throws UsageError when it is invalid. */
export function parseOption<T>(name: string, type: SettingType<T>, text: string): T {
  const result = type.parse(text);
  if (result.outcome === 'refused') throw new UsageError(`${name} ${result.problem}: give ${type.expected}`);
  return result.value;
}
