/**
 * Resurs for as long as the faults go on: one planned load after another, each with payments of its own, begun on time
 * whether or not the one before has got everything taken.
 */
import { setMaxListeners } from 'node:events';
import { sleep } from '../../test/harness/wait.ts';
import type { SentFact } from '../replicas/evidence.ts';
import { type Load, playLoad } from '../replicas/load.ts';
import { type Fact, planLoad } from '../replicas/load-plan.ts';
import { commitHasBegun } from '../replicas/slow-commit.ts';
import type { World } from './testbed.ts';

const ROUND = { events: 150, payments: 15, spanMs: 5_000 } as const;
/** Payment numbers of a round begin so much above those of the one before. */
const PAYMENTS_APART = 1_000;

export interface Rounds {
  /** Facts of the rounds begun so far. */
  planned(): number;
  sent(): readonly SentFact[];
  /** Resolves when everything of the rounds begun was taken, or the world's signal has ended it. */
  readonly done: Promise<void>;
}

/** Begins rounds until `faultsEnded`. */
export function playRounds(world: World, { seed, faultsEnded }: { seed: number; faultsEnded: AbortSignal }): Rounds {
  const loads: Load[] = [];
  // Every payment waits on its own.
  for (const shared of [world.signal, faultsEnded]) setMaxListeners(0, shared);
  const play = async (): Promise<void> => {
    do {
      loads.push(playRound(world, seed, loads.length));
    } while (await sleep(ROUND.spanMs, faultsEnded));
    await Promise.all(loads.map(({ done }) => done));
  };
  return {
    planned: () => loads.length * ROUND.events,
    sent: () => loads.flatMap(({ sent }) => sent),
    done: play(),
  };
}

function playRound(world: World, seed: number, round: number): Load {
  const plan = planLoad({ ...ROUND, seed: seed + round });
  return playLoad({
    plan: plan.map((facts) => facts.map((fact) => ofRound(fact, round))),
    seed: seed + round,
    salt: world.salt,
    replicas: world.replicas,
    // While Postgres is away nobody knows, and nobody counts on it.
    hasCommitBegun: (slowId, over) => commitHasBegun(world.database, slowId, over).catch(() => false),
    signal: world.signal,
  });
}

/** Also the names of slow commits are the round's own: rounds overlap when an outage holds one up. */
function ofRound(fact: Fact, round: number): Fact {
  const paymentId = String(Number(fact.paymentId) + round * PAYMENTS_APART);
  if (fact.slowId === null) return { ...fact, paymentId };
  const slowId = fact.slowId + round * PAYMENTS_APART;
  return { ...fact, paymentId, slowId, fact: fact.fact.replace(/"slow":\{"id":\d+/, `"slow":{"id":${slowId}`) };
}
