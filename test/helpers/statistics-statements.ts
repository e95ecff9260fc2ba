/** The statements of the statistics, each with its maximum cost: it follows the hours, whatever happened in them. */
import { randomUUID } from 'node:crypto';
import { addCounts, pruneCounts, sumCounts } from '../../src/operators/count-store.ts';
import type { Count } from '../../src/operators/counts.ts';
import type { MeasuredStatement } from './hot-path-statements.ts';

const HOUR_MS = 3_600_000;
const HOURS = 100;

/** What a process counts in a minute. */
const NAMES = Array.from({ length: 20 }, (_, index) => String(index).padStart(3, '0'));

export const STATISTICS_STATEMENTS: Readonly<Record<string, MeasuredStatement>> = {
  'counts, added': {
    perRow: 6,
    base: 40,
    async run(db, { round }) {
      const hourMs = Math.floor(Date.now() / HOUR_MS - round * 3) * HOUR_MS;
      const counts = NAMES.map((name): Count => ({ hourMs, kind: 'delay', name, count: 1 }));
      await addCounts(db, { writer: randomUUID(), number: round, counts });
      return counts.length;
    },
  },
  // 20 rows an hour, as the state of the tables has them.
  'counts, summed': {
    perRow: 1.2,
    base: 30,
    async run(db) {
      const toMs = Math.floor(Date.now() / HOUR_MS - 24 * 60) * HOUR_MS;
      return (await sumCounts(db, { fromMs: toMs - HOURS * HOUR_MS, toMs, stepMs: HOUR_MS })).length;
    },
  },
  'counts, pruned': { perRow: 0, base: 3_000, passesDead: true, run: (db) => pruneCounts(db, 85).then(() => 1) },
};
