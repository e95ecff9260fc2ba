/**
 * Chance that can be had again: every choice of a run follows from its seed. Each concern draws from a stream of its own,
 * named by what it decides, so that one more draw in one place does not change all the others.
 */
import { hash } from 'node:crypto';
import type { Random } from '../src/lib/clock.ts';

/** The stream of this seed and these names: mulberry32, a generator with 32 bits of state and a period of 2^32. */
export function randomFor(seed: number, ...names: readonly (string | number)[]): Random {
  let state = hash('sha256', [seed, ...names].join('\n'), 'buffer').readUInt32LE(0);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** From low and below high: at least the first, less than the second. */
export type Span = readonly [low: number, high: number];

export function within(random: Random, [low, high]: Span): number {
  return low + random() * (high - low);
}

/** One of the items, each as likely as the others; undefined when there is none. */
export function oneOf<T>(random: Random, items: readonly T[]): T | undefined {
  return items[Math.floor(random() * items.length)];
}
