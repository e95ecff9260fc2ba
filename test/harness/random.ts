/**
 * Reproducible randomness: every choice of a run follows from its seed. Each concern draws from its own stream, named
 * after what it decides, so an additional draw in one place does not change the others.
 */
import { hash } from 'node:crypto';
import type { Random } from '../../src/lib/clock.ts';

/** Creates the stream of this seed and these names: mulberry32, with 32 bits of state and a period of 2^32. */
export function randomFor(seed: number, ...names: readonly (string | number)[]): Random {
  let state = hash('sha256', [seed, ...names].join('\n'), 'buffer').readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A half-open range: at least `low`, less than `high`. */
export type Range = readonly [low: number, high: number];

/** Draws a number from the range. */
export function between(random: Random, [low, high]: Range): number {
  return low + random() * (high - low);
}

/** Draws one of the items, each equally likely; undefined when there are none. */
export function pick<T>(random: Random, items: readonly T[]): T | undefined {
  return items[Math.floor(random() * items.length)];
}
