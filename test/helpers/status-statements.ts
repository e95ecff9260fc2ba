/** The statements of the status API, metrics, replay, retention, orders and rejections, each with its maximum cost. */
import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type { Database } from '../../src/db/client.ts';
import { keepRun } from '../../src/db/keep-run.ts';
import { finishJob, readJobs, renewJob, takeJob } from '../../src/db/leader-lock.ts';
import { ensureOneDue } from '../../src/deliveries/claim.ts';
import { type ReplayFilter, replayDelivery } from '../../src/deliveries/replay.ts';
import { requestOf } from '../../src/deliveries/replay-request.ts';
import { erasePayment } from '../../src/events/erase.ts';
import { findPayments } from '../../src/events/payment-lookup.ts';
import { findEvent, findLastFact, findPaymentEvents } from '../../src/events/queries.ts';
import { createRetention } from '../../src/events/retention.ts';
import { findStoredEvent } from '../../src/events/stored-event.ts';
import { recordAction } from '../../src/operators/actions.ts';
import { countDeadLetterReasons } from '../../src/operators/dead-letter-reasons.ts';
import { listActions } from '../../src/operators/list-actions.ts';
import { listReplays } from '../../src/operators/list-replays.ts';
import { findRunning } from '../../src/operators/replay-position.ts';
import { replayStep } from '../../src/operators/replay-step.ts';
import { createReplay, findByKey, findReplay, stopReplay } from '../../src/operators/replay-store.ts';
import { countReplay } from '../../src/operators/start-replay.ts';
import { findOrder, findRegisteredIds, registerOrder, unregisterOrder } from '../../src/ownership/orders.ts';
import { createRejectionRecorder, listRejections } from '../../src/ownership/rejections.ts';
import { createMarkStore } from '../../src/reconciliation/marks.ts';
import { findChanges, findLastFreeze, findReported } from '../../src/reconciliation/reported.ts';
import { findAttempts, findLastAttempt, findLastAttempts } from '../../src/status/attempt-queries.ts';
import { queryFigures } from '../../src/status/overview.ts';
import { readFactsStep, readReportedFacts } from '../../src/status/payment-facts.ts';
import { findEvents, findPaymentPage, hasDelivery, type PageFilter } from '../../src/status/queries.ts';
import type { MeasuredStatement } from './hot-path-statements.ts';

/** Beyond all events. */
const MAX_SEQUENCE = 1_000_000_000;
const PAGE = 50;
const RETENTION_DAYS = 30;

/** A row of a list comes from four tables and as many indexes. */
function page(filter: PageFilter): MeasuredStatement {
  const passesDead = filter.state === 'pending' || filter.state === 'delivering';
  // Events beyond a time span are scanned until it begins.
  const base = filter.from === undefined ? 80 : 250;
  return { perRow: 18, base, passesDead, run: async (db) => (await findEvents(db, filter, PAGE)).rows.length };
}

/** With a reason each entry of the window is looked up twice, whether or not it matches. */
function reasonPage(filter: PageFilter): MeasuredStatement {
  return { ...page(filter), base: filter.from === undefined ? 10_000 : 25_000, passesDead: true };
}

/** Counted rows are scanned, in windows. */
function count(filter: ReplayFilter): MeasuredStatement {
  // One block for each row, where deliveries were finished in another order than their events were stored.
  return { perRow: 1.1, base: 200, run: async (db) => (await countReplay(db, filter, STANDING_CLOCK)).count };
}

/** Each one that is scanned is looked at, with its attempts, whether or not it matches. */
function reasonCount(filter: ReplayFilter, reason: string): MeasuredStatement {
  return {
    perRow: 7,
    base: 300,
    passesDead: true,
    async run(db) {
      await countReplay(db, { ...filter, reason }, STANDING_CLOCK);
      return (await countReplay(db, filter, STANDING_CLOCK)).count;
    },
  };
}

const STANDING_CLOCK = { elapsed: () => 0 };
const ASKED = { count: 0, atLeast: false, hash: 'a digest', key: null, upTo: MAX_SEQUENCE, operator: 'STATUS_TOKEN' };

/** One step of it; returns how many were put back. */
async function replay(db: Database, filter: ReplayFilter): Promise<number> {
  const id = randomUUID();
  await createReplay(db, { ...ASKED, id, filter });
  const request = requestOf(filter);
  await replayStep(db, { id, request, upTo: MAX_SEQUENCE, position: 0 }, () => undefined);
  return (await findReplay(db, id))?.replayed ?? 0;
}

const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

const retention: MeasuredStatement['run'] = async (db) => {
  const { events, identities, orders } = await createRetention(db, RETENTION_DAYS).pruneBatch();
  return events + identities + orders;
};

const figures: MeasuredStatement['run'] = async (db) => {
  const { pending, delivering, deadLetters, deliveredInLastDay } = await queryFigures(db);
  return pending + delivering + deadLetters + deliveredInLastDay;
};

/** The first one of a process also checks whether too many are stored. */
const reject: MeasuredStatement['run'] = async (db) => {
  await createRejectionRecorder(db)({ paymentId: randomUUID(), callback: 'UNFREEZE' }, 10_000);
  return 1;
};

const one = (work: MeasuredStatement['run']): MeasuredStatement => ({ perRow: 0, base: 30, run: work });

export const STATUS_STATEMENTS: Readonly<Record<string, MeasuredStatement>> = {
  'replay of one': one((db, { eventId }) => replayDelivery(db, eventId).then(() => 1)),
  'replay of a payment': {
    perRow: 70,
    // The task is kept as well.
    base: 110,
    async run(db, { round }) {
      return replay(db, { paymentId: `past-${5000 + round}` });
    },
  },
  // Each is found by its id.
  'replay of some ids': {
    perRow: 70,
    base: 120,
    async run(db, { round }) {
      const rows = await db.run(
        sql<{ readonly id: string }>`
          select e.id from (select generate_series(1, 20) as n) s cross join lateral (
            select id from events where payment_key = 'past-' || (${round}::int * 20 + 10000 + s.n) limit 1
          ) e`.compile(db.kysely),
      );
      return replay(db, { ids: [randomUUID(), ...rows.map(({ id }) => id)].sort() });
    },
  },
  'replay, count of all': count({}),
  'replay, count of dead letters': count({ state: 'dead_letter' }),
  'replay, count by a reason': reasonCount({ state: 'dead_letter' }, 'refused'),
  'replays, list': { perRow: 2, base: 30, run: async (db) => (await listReplays(db, PAGE)).length },
  'replays, running': one((db) => findRunning(db).then(() => 1)),
  'replay, found and stopped': {
    ...one(async (db) => {
      const id = randomUUID();
      await createReplay(db, { ...ASKED, id, key: id, filter: { state: 'delivered' } });
      await findByKey(db, id);
      await stopReplay(db, id, 'STATUS_TOKEN');
      return 1;
    }),
    base: 60,
  },
  // Rows that stay are scanned, too, 500 at a time, and 500 actions of operators go, which the result does not count.
  retention: { perRow: 12, base: 3_000, run: retention },
  'order, register': one((db) => registerOrder(db, randomUUID()).then(() => 1)),
  'order, find': one((db) => findOrder(db, 'past-9000').then(() => 1)),
  'order, unregister': one((db, { round }) => unregisterOrder(db, `past-${9000 + round}`).then(() => 1)),
  'orders, which are registered': one((db) => findRegisteredIds(db, ['past-9000', 'past-9001', 'no']).then(() => 1)),
  'jobs, read': one((db) => readJobs(db).then(() => 1)),
  'job, take, renew and finish': one(async (db) => {
    const holder = randomUUID();
    await takeJob(db, { name: 'reconciliation', holder, leaseMs: 60_000, intervalMs: 0 });
    await renewJob(db, { name: 'reconciliation', holder, leaseMs: 60_000 });
    await finishJob(db, { name: 'reconciliation', holder }, { outcome: 'succeeded', result: { checked: 1 } });
    return 1;
  }),
  'run of doctor, keep': one(async (db) => {
    await keepRun(db, 'doctor', { passed: 1 });
    return 1;
  }),
  'action, record': one(async (db) => {
    await recordAction(db, { action: 'event.replayed', operator: 'Eva', detail: { count: 1 } });
    return 1;
  }),
  'actions, list': { perRow: 0.2, base: 20, run: async (db) => (await listActions(db, null, PAGE)).actions.length },
  // Where the oldest were pruned, their entries are passed until vacuum.
  'actions, list of old ones': {
    perRow: 0.2,
    base: 60,
    run: async (db) => (await listActions(db, 3_000, PAGE)).actions.length,
  },
  'rejection, record': { perRow: 0, base: 250, run: reject },
  'rejections, list': { perRow: 4, base: 20, run: async (db) => (await listRejections(db)).length },
  'rejections, some': { perRow: 4, base: 20, run: async (db) => (await listRejections(db, PAGE)).length },
  figures: { perRow: 0.05, base: 200, passesDead: true, run: figures },
  'events, all': page({}),
  'events of a payment': page({ paymentId: 'past-9000' }),
  'events of the long payment': page({ paymentId: 'long' }),
  'events of an order': page({ orderReference: 'past-9000' }),
  'events of the long order': page({ orderReference: 'long' }),
  'events of an order of the Merchant API': page({ orderReference: 'order-4000' }),
  'events of the long order of the Merchant API': page({ orderReference: 'order-long' }),
  'events of the Merchant API': page({ provider: 'resurs-mapi' }),
  'events of eCom': page({ provider: 'resurs-ecom' }),
  'events of a common type': page({ type: 'payment.unfrozen' }),
  'events of a type without events': page({ type: 'payment.other' }),
  'events of a callback': page({ callback: 'BOOKED' }),
  'events, pending': page({ state: 'pending' }),
  'events, delivering': page({ state: 'delivering' }),
  'events, dead letters': page({ state: 'dead_letter' }),
  'events, delivered': page({ state: 'delivered' }),
  'events of a rare reason': reasonPage({ reason: '503' }),
  'events of a usual reason': reasonPage({ reason: 'accepted' }),
  'events, dead letters of a rare reason': reasonPage({ reason: '503', state: 'dead_letter' }),
  'events, delivered for a rare reason': reasonPage({ reason: '503', state: 'delivered' }),
  'events, pending for a reason': reasonPage({ reason: 'timed_out', state: 'pending' }),
  'events of a reason since a day': reasonPage({ reason: '503', from: daysAgo(89) }),
  'events of a reason and a type': reasonPage({ reason: '503', type: 'payment.finalized' }),
  'events of a day': page({ from: daysAgo(86), to: daysAgo(85.9) }),
  'dead letters, by reason': {
    perRow: 14,
    base: 60,
    passesDead: true,
    run: async (db) => (await countDeadLetterReasons(db, STANDING_CLOCK)).count,
  },
  'event, one': one((db, { eventId }) => findEvent(db, eventId).then(() => 1)),
  'event, as it is sent': { ...one((db, { eventId }) => findStoredEvent(db, eventId).then(() => 1)), base: 80 },
  'event, whether it is sent': one((db) => hasDelivery(db, 9000).then(() => 1)),
  'event, its last attempt': one((db) => findLastAttempt(db, 9000).then(() => 1)),
  'event, its attempts': one((db) => findAttempts(db, 9000).then(() => 1)),
  'payment, a page of the long one': {
    perRow: 18,
    base: 80,
    run: async (db) => (await findPaymentPage(db, 'long', { order: 'oldest', behind: null, limit: 200 })).rows.length,
  },
  'payment, the newest page of the long one': {
    perRow: 18,
    base: 80,
    run: async (db) => (await findPaymentPage(db, 'long', { order: 'newest', behind: null, limit: 200 })).rows.length,
  },
  'payment, a page of the long one far back': {
    perRow: 18,
    base: 80,
    run: async (db) =>
      (await findPaymentPage(db, 'long', { order: 'newest', behind: MAX_SEQUENCE, limit: 200 })).rows.length,
  },
  'events, their last attempts': {
    perRow: 14,
    base: 60,
    async run(db) {
      const sequences = Array.from({ length: PAGE }, (_, n) => n * 10 + 1_000);
      await findLastAttempts(db, sequences);
      return sequences.length;
    },
  },
  'payment, its facts': one((db) => readReportedFacts(db, 'past-9000').then(() => 1)),
  // One step, and of an event that an earlier version stored up to 1 000 earlier ones.
  'payment, the facts of the long one': {
    ...one((db) => readReportedFacts(db, 'long').then(() => 1)),
    base: 1_200,
  },
  'payment, a step of its facts': {
    perRow: 1.1,
    base: 30,
    run: async (db) => (await readFactsStep(db, 'long', null)).count,
  },
  'payment, all its events': { perRow: 14, base: 30, run: async (db) => (await findPaymentEvents(db, 'long')).length },
  'payment, erased': {
    perRow: 60,
    base: 60,
    async run(db, { round }) {
      const payment = { paymentId: `past-${7000 + round}`, provider: 'resurs-ecom' } as const;
      const result = await erasePayment(db, payment, 'STATUS_TOKEN');
      return result.outcome === 'erased' ? result.events : 0;
    },
  },
  'payment, long, erased while unfinished': one(async (db) => {
    await erasePayment(db, { paymentId: 'long', provider: 'resurs-ecom' }, 'STATUS_TOKEN');
    return 1;
  }),
  'payments, by the id of one': one((db) => findPayments(db, 'past-9000').then(() => 1)),
  'payments, by an order of the Merchant API': one((db) => findPayments(db, 'order-4000').then(() => 1)),
  // Of a reference, up to 500 events are read.
  'payments, by the long order': { ...one((db) => findPayments(db, 'order-long').then(() => 1)), base: 700 },
  // Of an event that an earlier version stored, up to 1 000 earlier ones are read.
  'payment, its last fact': { ...one((db) => findLastFact(db, 'long').then(() => 1)), base: 80 },
  // One descent for each payment that is asked for, and its last event.
  'payments, what was reported': {
    perRow: 20,
    base: 80,
    async run(db) {
      const past = Array.from({ length: 99 }, (_, n) => `past-${n * 100 + 1}`);
      await findReported(db, [...past, 'long']);
      return past.length + 1;
    },
  },
  // The newest 500 events are read, and no more of a longer history.
  'payment, its last freeze': { ...one((db) => findLastFreeze(db, 'long').then(() => 1)), base: 700 },
  'payment, its changes': { ...one((db) => findChanges(db, 'long').then(() => 1)), base: 700 },
  'mark, read': one((db) =>
    createMarkStore(db, 'test')
      .read('modified')
      .then(() => 1),
  ),
  'mark, write': one(async (db) => {
    await createMarkStore(db, 'test').write('modified', { since: new Date(), resumeAt: null });
    return 1;
  }),
  'probe of the webhook': { ...one((db) => ensureOneDue(db).then(() => 1)), passesDead: true },
};
