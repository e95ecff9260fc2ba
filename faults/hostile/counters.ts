/** Counts requests by attack and outcome, and collects violations and the events that must be stored. */
import type { ExpectedEvent } from './expected-event.ts';

export interface Counters {
  /** By attack, then by outcome. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Outcomes that the attack does not allow, and invalid responses, each with how often it occurred. */
  readonly violations: ReadonlyMap<string, number>;
  /** By endpoint: events answered 204, which must be stored. */
  readonly accepted: Map<string, ExpectedEvent[]>;
  /** By endpoint: events without a response, or answered 503, which may be stored. */
  readonly uncertain: Map<string, ExpectedEvent[]>;
  requests(): number;
  count(attack: string, outcome: string): void;
  violation(description: string): void;
}

/** Creates counters for the endpoints with these names. */
export function createCounters(endpoints: readonly string[]): Counters {
  const counts = new Map<string, Map<string, number>>();
  const violations = new Map<string, number>();
  let requests = 0;
  return {
    counts,
    violations,
    accepted: new Map(endpoints.map((endpoint) => [endpoint, []])),
    uncertain: new Map(endpoints.map((endpoint) => [endpoint, []])),
    requests: () => requests,
    count(attack, outcome) {
      requests += 1;
      const outcomes = counts.get(attack) ?? new Map<string, number>();
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      counts.set(attack, outcomes);
    },
    violation: (description) => void violations.set(description, (violations.get(description) ?? 0) + 1),
  };
}
