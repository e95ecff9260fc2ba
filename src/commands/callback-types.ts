/** Event types as words on a command line. */
import { SALT_TYPES } from '../config/callback-settings.ts';
import type { CallbackType } from '../resurs/registration.ts';
import { type Ended, EXIT, type Terminal } from './command.ts';

export interface ChosenTypes {
  readonly outcome: 'chosen';
  readonly types: readonly CallbackType[];
}

/** The types named, each once and in the usual order; all seven when none is named. Case does not matter. */
export function readTypes(words: readonly string[], terminal: Terminal): ChosenTypes | Ended {
  const names = words.flatMap((word) => word.split(',')).map((word) => word.trim().toUpperCase());
  const unknown = names.find((name) => !SALT_TYPES.some((type) => type === name));
  if (unknown !== undefined) {
    terminal.printError(`${JSON.stringify(unknown)} is no event type. Types are ${SALT_TYPES.join(', ')}.`);
    return { outcome: 'ended', exitCode: EXIT.usage };
  }
  return { outcome: 'chosen', types: SALT_TYPES.filter((type) => names.length === 0 || names.includes(type)) };
}
