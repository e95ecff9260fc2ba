/**
 * One way of breaking something. A fault breaks it, keeps it broken for a while, and mends it again as an operator or a
 * supervisor would; whether anything was lost meanwhile is judged at the end of the run, from the evidence alone.
 */
import type { Random } from '../../src/lib/clock.ts';
import type { World } from './testbed.ts';

/** Faults of one lane come one after another, those of different lanes at the same time; of the service, two at a time. */
export type Lane = 'service' | 'database' | 'merchant';

export type Happened = 'survived' | { readonly skipped: string };

export interface Fault {
  /** As `--only` takes it. */
  readonly name: string;
  readonly lane: Lane;
  /** How often it comes while each other fault of its lane comes once (1); below 1: not in every round. */
  readonly timesARound?: number;
  /** Resolves when whatever was broken is whole again. Throws when it does not come back. */
  happen(world: World, random: Random): Promise<Happened>;
}
