/**
 * The consistency check after a backlog: each violation is injected once and reported under its own name. Pure:
 * Postgres and the merchant are fakes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConsistency } from '../../faults/backlog/consistency.ts';
import type { Testbed } from '../../faults/backlog/testbed.ts';

const NONE = { lost: 0, invented: 0, storedTwice: 0, outOfOrder: 0, stuck: 0 };

interface State {
  readonly stored?: number;
  readonly open?: number;
  readonly dead?: number;
  readonly wrong?: number;
  readonly seen?: readonly number[];
  readonly outOfOrder?: readonly string[];
}

/** Checks three events, delivered and received, with these differences. */
function check({ stored = 3, open = 0, dead = 0, wrong = 0, seen = [1, 2, 3], outOfOrder = [] }: State) {
  const testbed = {
    replicas: [],
    database: {
      query: async (text: string) =>
        text.includes('as stored') ? [{ stored, open, dead, wrong }] : [1, 2, 3].map((sequence) => ({ sequence })),
    },
    merchant: {
      eventCount: () => seen.length,
      hasSeen: (sequence: number) => seen.includes(sequence),
      outOfOrder,
    },
  } as unknown as Testbed;
  return checkConsistency(testbed, { events: 3 });
}

test('events that are delivered and received violate nothing', async () => {
  assert.deepEqual(await check({}), { violations: [], violationCounts: NONE });
});

for (const [name, state, violationCounts] of [
  ['an event that is neither stored nor received is lost', { stored: 2, seen: [1, 3] }, { lost: 2 }],
  ['an event that is recorded as delivered and was never received is lost', { seen: [1, 3] }, { lost: 1 }],
  ['an event that was received and is not stored is invented', { seen: [1, 2, 3, 4] }, { invented: 1 }],
  ['one event too many is stored twice', { stored: 4 }, { storedTwice: 1 }],
  ['an unfinished delivery is stuck', { open: 1 }, { stuck: 1 }],
  ['a dead letter is stuck', { dead: 1 }, { stuck: 1 }],
  ['a later event that came first is out of order', { outOfOrder: ['3 before 2'] }, { outOfOrder: 1 }],
  ['two accepted attempts of a delivery are a violation', { wrong: 1 }, {}],
] as const) {
  test(name, async () => {
    const consistency = await check(state);

    assert.deepEqual(consistency.violationCounts, { ...NONE, ...violationCounts });
    assert.ok(consistency.violations.length > 0);
  });
}
