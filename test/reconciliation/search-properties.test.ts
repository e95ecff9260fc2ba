/**
 * A search and its mark over many runs: for any history of payments, nothing is skipped. Payments change and appear
 * between any two requests, share their times, cannot be read, or are too young; runs fail at any page or have no more
 * pages; Resurs counts pages in any way. Resurs, the checker and the stored mark are models; all else is real.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type EcomSearch, searchPayments } from '../../src/reconciliation/ecom-search.ts';
import { createPageNumbers } from '../../src/reconciliation/page-source.ts';
import type { CheckedAs } from '../../src/reconciliation/part.ts';
import { createResursClock } from '../../src/reconciliation/resurs-clock.ts';
import type { Mark } from '../../src/reconciliation/search-mark.ts';
import { startAt, stepAfter } from '../../src/reconciliation/search-walk.ts';
import type { ResursFailure } from '../../src/resurs/failure.ts';
import type { PageRequest, PageResult } from '../../src/resurs/find-payments.ts';
import type { ListedPayment } from '../../src/resurs/find-payments-parser.ts';

const BEGIN_MS = Date.parse('2026-11-20T12:00:00.000Z');
const DIFFERENCE_MS = 300_000;

type Counting = 'from 0' | 'from 1, page 0 refused' | 'from 1, page 0 empty' | 'from 1, page 0 the same';

/** What happens before a request: time goes on, payments change by their number, and others are booked. */
interface Happening {
  readonly ms: number;
  readonly changed: readonly number[];
  readonly booked: number;
}

interface RunPlan {
  readonly happenings: readonly Happening[];
  /** The request that fails, and the payments whose reading fails. */
  readonly failsAt: number | null;
  readonly unreadable: readonly number[];
  readonly maxPages: number;
}

interface World {
  readonly counting: Counting;
  readonly pageSize: number;
  readonly graceMs: number;
  readonly first: readonly number[];
  readonly runs: readonly RunPlan[];
}

const happening = fc.record({
  ms: fc.nat({ max: 3 }),
  changed: fc.array(fc.nat({ max: 40 }), { maxLength: 4 }),
  booked: fc.nat({ max: 2 }),
});
const anyWorld: fc.Arbitrary<World> = fc.record({
  counting: fc.constantFrom<Counting>(
    'from 0',
    'from 1, page 0 refused',
    'from 1, page 0 empty',
    'from 1, page 0 the same',
  ),
  pageSize: fc.integer({ min: 2, max: 6 }),
  graceMs: fc.nat({ max: 6 }),
  first: fc.array(fc.nat({ max: 4 }), { maxLength: 30 }),
  runs: fc.array(
    fc.record({
      happenings: fc.array(happening, { maxLength: 12 }),
      failsAt: fc.option(fc.nat({ max: 8 })),
      unreadable: fc.array(fc.nat({ max: 40 }), { maxLength: 3 }),
      maxPages: fc.integer({ min: 1, max: 30 }),
    }),
    { minLength: 1, maxLength: 8 },
  ),
});

const REFUSED: ResursFailure = {
  channel: 'SOAP',
  operation: 'findPayments',
  kind: 'refused',
  status: 500,
  code: '1',
  text: 'ILLEGAL_ARGUMENT',
};
const UNREACHABLE: ResursFailure = { ...REFUSED, kind: 'unreachable', status: null, code: null };

/** A model of Resurs, with the clock of Resurs; ours differs. */
function createResurs({ counting, first }: World) {
  const payments = new Map<string, number>(first.map((ms, n) => [`p-${String(n).padStart(3, '0')}`, BEGIN_MS + ms]));
  let nowMs = Math.max(BEGIN_MS, ...payments.values());

  function happen({ ms, changed, booked }: Happening): void {
    nowMs += ms;
    const ids = [...payments.keys()];
    for (const n of changed) if (n < ids.length) payments.set(ids[n] ?? '', nowMs);
    for (let n = 0; n < booked; n += 1) payments.set(`p-${String(payments.size).padStart(3, '0')}`, nowMs);
  }

  function find({ from, page, itemsPerPage }: PageRequest): PageResult {
    if (page === 0 && counting === 'from 1, page 0 refused') return { outcome: 'failed', failure: REFUSED };
    const isEmpty = page === 0 && counting === 'from 1, page 0 empty';
    const place = counting === 'from 0' ? page : Math.max(page - 1, 0);
    const found = [...payments]
      .filter(([, ms]) => ms >= from.getTime())
      .sort(([a, aMs], [b, bMs]) => aMs - bMs || (a < b ? -1 : 1))
      .slice(place * itemsPerPage, (place + 1) * itemsPerPage)
      .map(([paymentId, ms]) => listed(paymentId, new Date(ms)));
    return { outcome: 'done', payments: isEmpty ? [] : found, date: new Date(nowMs) };
  }

  return { payments, happen, find, now: () => nowMs };
}

function listed(paymentId: string, at: Date): ListedPayment {
  return { outcome: 'read', paymentId, at, bookedAt: at, lastChangeAt: at, frozen: false, statuses: [] };
}

/** Runs one plan; resolves when the run has ended. */
async function runPlan(
  world: World,
  plan: RunPlan,
  { resurs, judged, marks }: { resurs: ReturnType<typeof createResurs>; judged: Set<string>; marks: Map<string, Mark> },
) {
  const clock = { now: () => resurs.now() - DIFFERENCE_MS, elapsed: () => 0 };
  const unreadable = new Set(plan.unreadable.map((n) => `p-${String(n).padStart(3, '0')}`));
  const happenings = plan.happenings.values();
  const resursClock = createResursClock(clock, world.graceMs);
  let requests = 0;
  const search: EcomSearch = {
    options: { clock, since: null, dryRun: false },
    marks: {
      read: async (name) => marks.get(name) ?? null,
      async write(name, mark) {
        marks.set(name, mark);
      },
    },
    checker: {
      async check(payments, cutoff) {
        const as = (payment: ListedPayment): CheckedAs => {
          if (payment.outcome === 'unreadable' || unreadable.has(payment.paymentId)) return 'failed';
          if (payment.lastChangeAt >= cutoff) return 'too_young';
          judged.add(`${payment.paymentId} ${payment.lastChangeAt.getTime()}`);
          return 'reported';
        };
        return { outcome: 'judged', checked: new Map(payments.map((payment) => [payment, as(payment)])) };
      },
    },
    resursClock,
    pages: createPageNumbers(resursClock.markLimit),
    pageSize: world.pageSize,
    maxPages: plan.maxPages,
    async find(request) {
      const { value } = happenings.next();
      if (value !== undefined) resurs.happen(value);
      requests += 1;
      return requests - 1 === plan.failsAt ? { outcome: 'failed', failure: UNREACHABLE } : resurs.find(request);
    },
  };
  return searchPayments(search, 'modified');
}

/** The payments before the mark that were not judged as they are. */
function skipped({ payments }: ReturnType<typeof createResurs>, judged: ReadonlySet<string>, beforeMs: number) {
  return [...payments].filter(([id, ms]) => ms < beforeMs && !judged.has(`${id} ${ms}`));
}

const QUIET: RunPlan = { happenings: [], failsAt: null, unreadable: [], maxPages: 10_000 };

test('no mark ever passes a payment that was not judged as it is, and in the end every payment is', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (world) => {
      const resurs = createResurs(world);
      const judged = new Set<string>();
      const marks = new Map<string, Mark>();
      const state = { resurs, judged, marks };
      for (const plan of world.runs) {
        const before = marks.get('modified')?.since ?? new Date(0);
        await runPlan(world, plan, state);
        const since = marks.get('modified')?.since ?? new Date(0);
        assert.deepEqual(skipped(resurs, judged, since.getTime()), [], 'before the mark');
        assert.ok(since >= before, 'the mark goes forward only');
        assert.ok(since.getTime() <= resurs.now() - world.graceMs || since <= before, 'the mark keeps the grace');
      }

      resurs.happen({ ms: world.graceMs + 1, changed: [], booked: 0 });
      // The first one may go on where a walk has ended, and the next one begins at what was left behind.
      assert.equal((await runPlan(world, QUIET, state)).outcome, 'finished');
      assert.equal((await runPlan(world, QUIET, state)).outcome, 'finished');

      assert.deepEqual(skipped(resurs, judged, Infinity), []);
      const last = Math.max(...resurs.payments.values());
      if (resurs.payments.size > 0) assert.deepEqual(marks.get('modified'), { since: new Date(last), resumeAt: null });
    }),
    { numRuns: 1_500 },
  );
});

test('a run after one that saw everything asks for the last time seen alone', async () => {
  const world: World = { counting: 'from 1, page 0 refused', pageSize: 5, graceMs: 0, first: [0, 1, 2, 3], runs: [] };
  const resurs = createResurs(world);
  const state = { resurs, judged: new Set<string>(), marks: new Map<string, Mark>() };
  resurs.happen({ ms: 10, changed: [], booked: 0 });
  await runPlan(world, QUIET, state);
  state.judged.clear();

  await runPlan(world, QUIET, state);

  assert.deepEqual([...state.judged], [`p-003 ${BEGIN_MS + 3}`]);
});

test('a group of one equal time that goes on changing ends the walk at its limit, and loses nothing', async () => {
  const world: World = { counting: 'from 0', pageSize: 2, graceMs: 0, first: Array(9).fill(0), runs: [] };
  const resurs = createResurs(world);
  const state = { resurs, judged: new Set<string>(), marks: new Map<string, Mark>() };
  const happenings = Array.from({ length: 9 }, (_, n) => ({ ms: 1, changed: [n], booked: 0 }));

  const ended = await runPlan(world, { ...QUIET, happenings, maxPages: 6 }, state);

  assert.equal(ended.outcome, 'unfinished');
  resurs.happen({ ms: 1, changed: [], booked: 0 });
  await runPlan(world, QUIET, state);
  await runPlan(world, QUIET, state);
  assert.deepEqual(skipped(resurs, state.judged, Infinity), []);
});

test('a page that is shorter than asked for is the last one only if it is shorter than another, or tiny', () => {
  const limits = { pageSize: 100, until: new Date(BEGIN_MS + 1_000) };
  const page = (length: number) => Array.from({ length }, (_, n) => listed(`p-${n}`, new Date(BEGIN_MS + n)));
  const start = startAt(new Date(BEGIN_MS));

  const first = stepAfter(start, page(50), limits);

  assert.equal(first.outcome, 'on');
  assert.deepEqual(first.position.from, new Date(BEGIN_MS + 49));
  assert.equal(stepAfter(first.position, page(49), limits).outcome, 'finished');
  assert.equal(stepAfter(start, page(9), limits).outcome, 'finished');
  assert.equal(stepAfter(start, [], limits).outcome, 'finished');
});

test('a full page that reaches the youngest payments is the last one', () => {
  const limits = { pageSize: 2, until: new Date(BEGIN_MS + 5) };
  const page = (ms: number) => [listed('a', new Date(BEGIN_MS + 1)), listed('b', new Date(BEGIN_MS + ms))];
  const start = startAt(new Date(BEGIN_MS));

  assert.equal(stepAfter(start, page(4), limits).outcome, 'on');
  assert.equal(stepAfter(start, page(5), limits).outcome, 'finished');
});

test('of two equal passes the first one is followed, because payments may have left during the second', () => {
  const limits = { pageSize: 2, until: new Date(BEGIN_MS + 1_000) };
  const page = (...entries: readonly [id: string, ms: number][]) =>
    entries.map(([id, ms]) => listed(id, new Date(BEGIN_MS + ms)));
  const group = [page(['a', 0], ['b', 0]), page(['c', 0], ['d', 0])];
  // Between the last two pages of the second pass all four have left, and shifted six others.
  const pages = [...group, page(['e', 1], ['f', 2]), ...group, page(['k', 7], ['l', 8])];

  const end = pages.reduce(
    (position, payments) => {
      const step = stepAfter(position, payments, limits);
      return step.outcome === 'on' ? step.position : assert.fail('finished');
    },
    startAt(new Date(BEGIN_MS)),
  );

  assert.deepEqual([end.from, end.page], [new Date(BEGIN_MS + 2), 0]);
});
