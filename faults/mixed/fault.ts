/**
 * A fault breaks one thing, keeps it broken for a while, and repairs it as an operator or a supervisor would. Whether
 * anything was lost meanwhile is checked at the end of the run, from the evidence only.
 */
import type { Random } from '../../src/lib/clock.ts';
import type { Testbed } from './testbed.ts';

/** Faults of one group are injected in turn, of the service two at a time; the groups run at the same time. */
export type FaultGroup = 'service' | 'database' | 'merchant';

export type InjectResult = 'survived' | { readonly skipped: string };

export interface Fault {
  /** The name that `--only` takes. */
  readonly name: string;
  readonly group: FaultGroup;
  /** How often it is injected per round of its group (1); below 1, not in every round. */
  readonly weight?: number;
  /** Resolves when everything is repaired. Throws when it does not work again. */
  inject(testbed: Testbed, random: Random): Promise<InjectResult>;
}
