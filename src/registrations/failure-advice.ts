/** What an operator does about failed calls to Resurs, in one place, so that all commands advise the same. */
import type { ResursFailure } from '../resurs/failure.ts';

/** `unreached`: nothing is known about the registrations, and they may be right. */
export interface FailureAdvice {
  readonly cause: 'credentials' | 'unreached' | 'refused';
  /** An instruction. */
  readonly fix: string;
}

/** Returns the advice for the failures of one run. */
export function adviceFor(failures: readonly ResursFailure[]): FailureAdvice {
  if (failures.some(({ kind }) => kind === 'credentials')) {
    return {
      cause: 'credentials',
      fix: 'Set RESURS_USERNAME and RESURS_PASSWORD to the account of this RESURS_ENVIRONMENT.',
    };
  }
  if (!failures.every(({ kind }) => kind === 'unreachable' || kind === 'timed_out')) {
    return { cause: 'refused', fix: 'Read the error text of Resurs; its support can explain it.' };
  }
  const way = failures.some(({ text }) => text.includes('the proxy '))
    ? 'Check HTTP_PROXY and HTTPS_PROXY with their user name and password, or name the hosts of Resurs in NO_PROXY'
    : 'Let this machine reach Resurs over https';
  return { cause: 'unreached', fix: `${way}, then run this command again.` };
}

/** Returns the failures of several types without those that say the same of another type. */
export function distinctFailures(failures: readonly ResursFailure[]): readonly ResursFailure[] {
  const byMeaning = new Map<string, ResursFailure>();
  for (const failure of failures) {
    const { channel, kind, status, code } = failure;
    const meaning = JSON.stringify([channel, kind, status, code]);
    if (!byMeaning.has(meaning)) byMeaning.set(meaning, failure);
  }
  return [...byMeaning.values()];
}
