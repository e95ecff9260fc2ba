/**
 * Remembers the last callbacks that were refused before anything was stored, so that an operator sees without the log
 * which callbacks were refused and why. In memory, of this process, bounded: strangers can cause any number of them.
 */
import type { ResponseName } from './responses.ts';

/** Responses to callbacks that failed a check before that of order ownership. */
export const REFUSED_RESPONSES = [
  'source_not_allowed',
  'unauthorized',
  'unknown_path',
  'wrong_method',
  'malformed',
  'digest_rejected',
  'body_too_large',
  'body_too_slow',
] as const satisfies readonly ResponseName[];

export interface Refusal {
  readonly at: Date;
  readonly reason: (typeof REFUSED_RESPONSES)[number];
  /** The callback type; null unless it is valid. */
  readonly callback: string | null;
  /** Null: unknown. */
  readonly source: string | null;
}

export interface Refusals {
  /** Remembers the response if it is a refusal. */
  add(response: ResponseName, facts: Omit<Refusal, 'reason'>): void;
  /** Returns the refusals, most recent first. */
  list(): readonly Refusal[];
}

const MAX_REFUSALS = 200;

/** Creates an empty memory of at most 200 refusals. */
export function createRefusals(): Refusals {
  const refusals: Refusal[] = [];
  return {
    add(response, facts) {
      const reason = REFUSED_RESPONSES.find((refused) => refused === response);
      if (reason === undefined) return;
      refusals.push({ ...facts, reason });
      if (refusals.length > MAX_REFUSALS) refusals.shift();
    },
    list: () => refusals.toReversed(),
  };
}
