/** Decides the order of a group's faults: round after round, each newly shuffled. Pure except for the random stream. */
import type { Random } from '../../src/lib/clock.ts';
import type { Fault } from './fault.ts';

export interface ScheduledFault {
  readonly fault: Fault;
  /** Counts from 0 over the whole run. */
  readonly number: number;
}

/** Returns a function that gives the next fault on each call, without end; null when there are no faults. */
export function createFaultOrder(faults: readonly Fault[], random: Random): () => ScheduledFault | null {
  let round = 0;
  let number = 0;
  let left: Fault[] = [];
  return () => {
    if (faults.length === 0) return null;
    // A round may be empty when the weight of every fault is below 1.
    while (left.length === 0) {
      left = shuffleRound(faults, round, random);
      round += 1;
    }
    const fault = left.shift();
    number += 1;
    return fault === undefined ? null : { fault, number: number - 1 };
  };
}

/**
 * Shuffles one round: a weight of 3 gives three turns, a weight of 1/3 one turn in the first and then every third
 * round.
 */
function shuffleRound(faults: readonly Fault[], round: number, random: Random): Fault[] {
  const entries = faults.flatMap((fault) => Array.from({ length: turnsIn(fault, round) }, () => fault));
  const keyed = entries.map((fault) => ({ fault, key: random() }));
  return keyed.sort((a, b) => a.key - b.key).map(({ fault }) => fault);
}

function turnsIn({ weight = 1 }: Fault, round: number): number {
  if (weight >= 1) return weight;
  return round % Math.round(1 / weight) === 0 ? 1 : 0;
}
