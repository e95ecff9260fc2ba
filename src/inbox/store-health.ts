/**
 * Remembers whether callbacks can be stored, as the last batches have shown. A commit of its own shows less: while the
 * disk is full it still fits into write-ahead log that exists already.
 */
import { classifyDatabaseError } from '../db/errors.ts';

export interface StoreHealth {
  /** Number of the last failure that nothing has disproved yet; null while callbacks can be stored. */
  failure(): number | null;
  onStored(): void;
  /** Counts only if the server failed. A row that it refuses, or a conflict, says nothing about the next batch. */
  onFailed(error: unknown): void;
  /** A probe that began after this failure has stored something. */
  onProbed(failure: number): void;
}

/** Creates the memory of a process that has stored nothing yet. */
export function createStoreHealth(): StoreHealth {
  let failures = 0;
  let isFailing = false;
  return {
    failure: () => (isFailing ? failures : null),
    onStored() {
      isFailing = false;
    },
    onFailed(error) {
      const kind = classifyDatabaseError(error);
      if (kind === 'bad_row' || kind === 'conflict') return;
      failures += 1;
      isFailing = true;
    },
    onProbed(failure) {
      if (failure === failures) isFailing = false;
    },
  };
}
