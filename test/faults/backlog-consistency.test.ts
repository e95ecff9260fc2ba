/**
 * What is judged when a backlog is said to be gone: each thing that must not be is planted once and found under its own
 * name. Pure: Postgres and the merchant are played.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeLedger } from '../../faults/backlog/consistency.ts';
import type { World } from '../../faults/backlog/testbed.ts';

const NONE = { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 };

interface Found {
  readonly stored?: number;
  readonly open?: number;
  readonly dead?: number;
  readonly wrong?: number;
  readonly seen?: readonly number[];
  readonly outOfOrder?: readonly string[];
}

/** Three events, delivered and seen, but for what is found otherwise. */
function close({ stored = 3, open = 0, dead = 0, wrong = 0, seen = [1, 2, 3], outOfOrder = [] }: Found) {
  const world = {
    replicas: [],
    database: {
      query: async (text: string) =>
        text.includes('as stored') ? [{ stored, open, dead, wrong }] : [1, 2, 3].map((sequence) => ({ sequence })),
    },
    merchant: {
      distinct: () => seen.length,
      hasSeen: (sequence: number) => seen.includes(sequence),
      outOfOrder,
    },
  } as unknown as World;
  return closeLedger(world, { events: 3 });
}

test('what is delivered and seen breaks nothing', async () => {
  assert.deepEqual(await close({}), { faults: [], toll: NONE });
});

for (const [name, found, toll] of [
  ['an event that is neither stored nor seen is lost', { stored: 2, seen: [1, 3] }, { lost: 2 }],
  ['an event that is delivered and was never seen is lost', { seen: [1, 3] }, { lost: 1 }],
  ['an event that was seen and is not stored is invented', { seen: [1, 2, 3, 4] }, { invented: 1 }],
  ['an event too many is stored twice', { stored: 4 }, { storedTwice: 1 }],
  ['an unfinished delivery is stuck', { open: 1 }, { stuck: 1 }],
  ['a dead letter is stuck', { dead: 1 }, { stuck: 1 }],
  ['a later event that came first is out of order', { outOfOrder: ['3 before 2'] }, { outOfOrder: 1 }],
  ['two accepted attempts of a delivery break the books', { wrong: 1 }, {}],
] as const) {
  test(name, async () => {
    const ledger = await close(found);

    assert.deepEqual(ledger.toll, { ...NONE, ...toll });
    assert.ok(ledger.faults.length > 0);
  });
}
