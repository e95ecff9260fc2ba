/** Event types as words on a command line. */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { CALLBACK_TYPES } from '../protocol/ecom/callback-types.ts';
import { EXIT, type Exit, type Terminal } from './command.ts';

export interface SelectedTypes {
  readonly outcome: 'chosen';
  readonly types: readonly CallbackType[];
}

/** The types named, each once and in the usual order; all seven when none is named. Case does not matter. */
export function parseTypes(words: readonly string[], terminal: Terminal): SelectedTypes | Exit {
  const names = words.flatMap((word) => word.split(',')).map((word) => word.trim().toUpperCase());
  const unknown = names.find((name) => !CALLBACK_TYPES.some((type) => type === name));
  if (unknown !== undefined) {
    terminal.printError(`${JSON.stringify(unknown)} is no event type. Types are ${CALLBACK_TYPES.join(', ')}.`);
    return { outcome: 'ended', exitCode: EXIT.usage };
  }
  return { outcome: 'chosen', types: CALLBACK_TYPES.filter((type) => names.length === 0 || names.includes(type)) };
}
