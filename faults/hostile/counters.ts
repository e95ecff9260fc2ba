/** What the run has seen so far: counts by kind and outcome, what was wrong, and the facts that must be stored. */
import type { Fact } from './expected-event.ts';

export interface Tally {
  /** By kind, then by outcome. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Outcomes that a kind does not allow, and answers that contradict themselves; the first of each, with how often. */
  readonly wrongs: ReadonlyMap<string, number>;
  /** By door: answered 204, so stored. */
  readonly taken: Map<string, Fact[]>;
  /** By door: no answer, or 503, so stored or not. */
  readonly doubtful: Map<string, Fact[]>;
  requests(): number;
  count(kind: string, outcome: string): void;
  wrong(what: string): void;
}

export function createTally(doors: readonly string[]): Tally {
  const counts = new Map<string, Map<string, number>>();
  const wrongs = new Map<string, number>();
  let requests = 0;
  return {
    counts,
    wrongs,
    taken: new Map(doors.map((door) => [door, []])),
    doubtful: new Map(doors.map((door) => [door, []])),
    requests: () => requests,
    count(kind, outcome) {
      requests += 1;
      const outcomes = counts.get(kind) ?? new Map<string, number>();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      counts.set(kind, outcomes);
    },
    wrong: (what) => void wrongs.set(what, (wrongs.get(what) ?? 0) + 1),
  };
}
