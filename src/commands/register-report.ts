/** The lines about registrations and removals: what failed on the way, and what is registered at Resurs now. */
import type { CallbackType } from '../protocol/ecom/callback-types.ts';
import { isSameTemplate } from '../protocol/ecom/url-template.ts';
import type { RegisterResult } from '../registrations/register.ts';
import type { Registered, UnregisterResult } from '../registrations/registered.ts';
import { describeFailure, type ResursFailure } from '../resurs/failure.ts';

/** Formats the lines about one registration; `before` is what was registered when it began. */
export function registerLines(type: CallbackType, result: RegisterResult, before: Registered): string[] {
  const gap = result.gapMs === null ? '' : ` Nothing was registered for ${(result.gapMs / 1000).toFixed(1)} s.`;
  if (result.outcome === 'registered') {
    return [`${type}: registered over ${result.channel} and read back.${gap}`, ...failureLines(result.failures)];
  }
  return [`${type}: FAILED. ${describeState(result.registered, before)}${gap}`, ...failureLines(result.failures)];
}

/** Formats the lines about one removal. */
export function unregisterLines(type: CallbackType, result: UnregisterResult): string[] {
  switch (result.outcome) {
    case 'removed':
      return [`${type}: removed, and read back as gone.`];
    case 'was_not_there':
      return [`${type}: nothing was registered.`];
    case 'failed':
      return [
        `${type}: FAILED. ${describeState(result.registered, result.registered)}`,
        ...failureLines(result.failures),
      ];
  }
}

/** Formats what is done and what is not when a run over `types` stops at `index`. */
export function progressLine(types: readonly CallbackType[], index: number): string {
  return `Done: ${types.slice(0, index).join(', ') || 'none'}. Not done: ${types.slice(index).join(', ')}.`;
}

/** Formats one line for each different failure. */
export function failureLines(failures: readonly ResursFailure[]): string[] {
  return [...new Set(failures.map((failure) => `  ${describeFailure(failure)}`))];
}

function describeState(now: Registered, before: Registered): string {
  switch (now.outcome) {
    case 'nothing':
      return 'NOTHING is registered for it now: its callbacks are not sent.';
    case 'unknown':
      return 'What is registered for it now cannot be read.';
    case 'registered':
      return before.outcome === 'registered' && isSameTemplate(now.uriTemplate, before.uriTemplate)
        ? 'The previous registration is still in effect.'
        : 'Another registration is in effect now: see registrations.';
  }
}
