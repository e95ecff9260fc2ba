/** An operator sends thousands of dead letters again with one wish; some payments have very many of them. */

import { closeLedger } from './consistency.ts';
import { type Fault, rounded, unless } from './fault.ts';
import { storeDeadLetters } from './seed-backlog.ts';
import { comesTrue, inWorld, isDrained, startReceivers, type World } from './testbed.ts';

const FULL = { count: 5_000, crowded: 5 } as const;
const SHORT = { count: 1_000, crowded: 10 } as const;
const PATIENCE_MS = 120_000;

export const deadLetters: Fault = {
  name: 'dead-letters',
  promise: 'one wish sends all dead letters again, also those of payments that have very many, and all are delivered',
  happen: (stage) =>
    inWorld(stage, {}, async (world) => {
      const { count, crowded } = stage.isShort ? SHORT : FULL;
      await storeDeadLetters(world.database, { count, crowded });
      await startReceivers(world);

      const startedAtMs = performance.now();
      const { status, replayed } = await replayAll(world);
      const askedSeconds = rounded((performance.now() - startedAtMs) / 1000);
      await comesTrue(world, () => isDrained(world, count), PATIENCE_MS);
      const seconds = rounded((performance.now() - startedAtMs) / 1000);

      const ledger = await closeLedger(world, { events: count });
      return {
        told: `${replayed} of ${count} replayed in ${askedSeconds} s, delivered after ${seconds} s`,
        figures: { deadLettersReplayed: replayed, deadLettersSeconds: seconds },
        faults: [...unless(status === 202 && replayed === count, `${status}, ${replayed} replayed`), ...ledger.faults],
        toll: ledger.toll,
      };
    }),
};

async function replayAll({ replicas, statusToken, signal }: World): Promise<{ status: number; replayed: number }> {
  const response = await fetch(`${replicas[0]?.url()}/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${statusToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ state: 'dead_letter' }),
    signal,
  });
  const { count = 0 } = (await response.json()) as { readonly count?: number };
  return { status: response.status, replayed: count };
}
