/** How registrations and removals ended, in words: what went wrong on the way, and what Resurs holds now. */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { isSameTemplate } from '../protocol/ecom/registered-template.ts';
import type { RegisterResult } from '../registrations/register.ts';
import type { Registered, UnregisterResult } from '../registrations/registered.ts';
import { describeFailure, type ResursFailure } from '../resurs/failure.ts';

/** The lines about one registration; `before` is what was held when it began. */
export function registerLines(type: CallbackType, put: RegisterResult, before: Registered): string[] {
  const gap = put.gapMs === null ? '' : ` Nothing was registered for ${(put.gapMs / 1000).toFixed(1)} s.`;
  if (put.outcome === 'registered') {
    return [`${type}: registered over ${put.channel} and read back.${gap}`, ...failureLines(put.failures)];
  }
  return [`${type}: FAILED. ${stateOf(put.registered, before)}${gap}`, ...failureLines(put.failures)];
}

/** The lines about one removal. */
export function unregisterLines(type: CallbackType, removal: UnregisterResult): string[] {
  switch (removal.outcome) {
    case 'removed':
      return [`${type}: removed, and read back as gone.`];
    case 'was_not_there':
      return [`${type}: nothing was registered.`];
    case 'failed':
      return [`${type}: FAILED. ${stateOf(removal.registered, removal.registered)}`, ...failureLines(removal.failures)];
  }
}

/** What is done and what is left when the types stop being gone through at `index`. */
export function progressLine(types: readonly CallbackType[], index: number): string {
  return `Done: ${types.slice(0, index).join(', ') || 'none'}. Not done: ${types.slice(index).join(', ')}.`;
}

/** One line for each different failure. */
export function failureLines(failures: readonly ResursFailure[]): string[] {
  return [...new Set(failures.map((failure) => `  ${describeFailure(failure)}`))];
}

function stateOf(now: Registered, before: Registered): string {
  switch (now.outcome) {
    case 'nothing':
      return 'Resurs holds NOTHING for it now: its callbacks are not sent.';
    case 'unknown':
      return 'What Resurs holds for it now cannot be read.';
    case 'registered':
      return before.outcome === 'registered' && isSameTemplate(now.uriTemplate, before.uriTemplate)
        ? 'Resurs still holds what it held before.'
        : 'Resurs holds another registration now: see registrations.';
  }
}
