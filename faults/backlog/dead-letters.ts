/** An operator replays thousands of dead letters with one request; some payments have very many of them. */

import { checkConsistency } from './consistency.ts';
import { type Fault, roundTo1, violationUnless } from './fault.ts';
import { seedDeadLetters } from './seed-backlog.ts';
import { isDrained, startReceivers, type Testbed, waitUntilTrue, withTestbed } from './testbed.ts';

const FULL_SIZE = { count: 5_000, crowded: 5 } as const;
const SHORT_SIZE = { count: 1_000, crowded: 10 } as const;
const TIMEOUT_MS = 120_000;

export const deadLetters: Fault = {
  name: 'dead-letters',
  promise: 'one request replays all dead letters, also those of payments that have very many, and all are delivered',
  inject: (context) =>
    withTestbed(context, {}, async (testbed) => {
      const { count, crowded } = context.isShort ? SHORT_SIZE : FULL_SIZE;
      await seedDeadLetters(testbed.database, { count, crowded });
      await startReceivers(testbed);

      const startedAtMs = performance.now();
      const { status, id, count: counted } = await replayAll(testbed);
      let replayed = 0;
      const isOver = async () => {
        const shown = await showReplay(testbed, id);
        replayed = shown.replayed;
        return shown.state === 'done';
      };
      await waitUntilTrue(testbed, isOver, TIMEOUT_MS);
      const requestSeconds = roundTo1((performance.now() - startedAtMs) / 1000);
      await waitUntilTrue(testbed, () => isDrained(testbed, count), TIMEOUT_MS);
      const seconds = roundTo1((performance.now() - startedAtMs) / 1000);

      const consistency = await checkConsistency(testbed, { events: count });
      return {
        summary: `${replayed} of ${count} replayed in ${requestSeconds} s, delivered after ${seconds} s`,
        figures: { deadLettersReplayed: replayed, deadLettersSeconds: seconds },
        violations: [
          ...violationUnless(
            status === 202 && counted === count && replayed === count,
            `${status}, ${counted} counted, ${replayed} replayed`,
          ),
          ...consistency.violations,
        ],
        violationCounts: consistency.violationCounts,
      };
    }),
};

interface Started {
  readonly status: number;
  readonly id: string;
  readonly count: number;
}

async function replayAll({ replicas, statusToken, signal }: Testbed): Promise<Started> {
  const response = await fetch(`${replicas[0]?.url()}/replays`, {
    method: 'POST',
    headers: { authorization: `Bearer ${statusToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ state: 'dead_letter' }),
    signal,
  });
  const { id = '', count = 0 } = (await response.json()) as Partial<Started>;
  return { status: response.status, id, count };
}

async function showReplay({ replicas, statusToken, signal }: Testbed, id: string) {
  const headers = { authorization: `Bearer ${statusToken}` };
  const response = await fetch(`${replicas[0]?.url()}/replays/${id}`, { headers, signal });
  const { state = '', replayed = 0 } = (await response.json()) as {
    readonly state?: string;
    readonly replayed?: number;
  };
  return { state, replayed };
}
