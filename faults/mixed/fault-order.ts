/** The order in which the faults of a lane come: round after round, each shuffled anew. Pure but for the chance it is given. */
import type { Random } from '../../src/lib/clock.ts';
import type { Fault } from './fault.ts';

export interface Turn {
  readonly fault: Fault;
  /** Counts from 0 over the whole run. */
  readonly number: number;
}

/** The next turn with each call, for ever; null when there are no faults. */
export function createTurns(faults: readonly Fault[], random: Random): () => Turn | null {
  let round = 0;
  let number = 0;
  let left: Fault[] = [];
  return () => {
    if (faults.length === 0) return null;
    // A round may be empty where all faults are rare ones.
    while (left.length === 0) {
      left = roundOf(faults, round, random);
      round += 1;
    }
    const fault = left.shift();
    number += 1;
    return fault === undefined ? null : { fault, number: number - 1 };
  };
}

/** Shuffled; a fault with a rate of 3 comes thrice, one with 1/3 in the first round and then in each third. */
function roundOf(faults: readonly Fault[], round: number, random: Random): Fault[] {
  const turns = faults.flatMap((fault) => Array.from({ length: timesIn(fault, round) }, () => fault));
  const keyed = turns.map((fault) => ({ fault, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ fault }) => fault);
}

function timesIn({ timesARound = 1 }: Fault, round: number): number {
  if (timesARound >= 1) return timesARound;
  return round % Math.round(1 / timesARound) === 0 ? 1 : 0;
}
