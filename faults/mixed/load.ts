/**
 * Simulates Resurs while the faults go on: one planned load after another, each with its own payments. Each round
 * starts on time, whether or not the previous one is fully accepted.
 */
import { setMaxListeners } from 'node:events';
import { sleep } from '../../test/harness/wait.ts';
import type { SentCallback } from '../replicas/evidence.ts';
import { type Load, runLoad } from '../replicas/load.ts';
import { planLoad } from '../replicas/load-plan.ts';
import { commitHasBegun } from '../replicas/slow-commit.ts';
import type { Testbed } from './testbed.ts';

const ROUND = { events: 150, payments: 15, spanMs: 5_000 } as const;
/** Between the payment numbers of two rounds, which overlap when an outage delays one of them. */
const PAYMENTS_APART = 1_000;

export interface MixedLoad {
  /** Number of callbacks in the rounds started so far. */
  planned(): number;
  sent(): readonly SentCallback[];
  /** Resolves when every started round is fully accepted, or the testbed's signal has aborted it. */
  readonly done: Promise<void>;
}

/** Starts rounds until `faultsEnded`. */
export function runLoads(
  testbed: Testbed,
  { seed, faultsEnded }: { seed: number; faultsEnded: AbortSignal },
): MixedLoad {
  const loads: Load[] = [];
  // Every payment adds its own listeners.
  for (const shared of [testbed.signal, faultsEnded]) setMaxListeners(0, shared);
  const run = async (): Promise<void> => {
    do {
      loads.push(startRound(testbed, seed, loads.length));
    } while (await sleep(ROUND.spanMs, faultsEnded));
    await Promise.all(loads.map(({ done }) => done));
  };
  return {
    planned: () => loads.length * ROUND.events,
    sent: () => loads.flatMap(({ sent }) => sent),
    done: run(),
  };
}

function startRound(testbed: Testbed, seed: number, round: number): Load {
  return runLoad({
    plan: planLoad({ ...ROUND, seed: seed + round, offset: round * PAYMENTS_APART }),
    seed: seed + round,
    secrets: testbed.secrets,
    replicas: testbed.replicas,
    // While Postgres is unavailable this is unknown, and the load goes on without it.
    hasCommitBegun: (slowId, over) => commitHasBegun(testbed.database, slowId, over).catch(() => false),
    signal: testbed.signal,
  });
}
