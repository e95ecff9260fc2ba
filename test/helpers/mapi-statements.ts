/** The statements of reconciliation that ask for payments of the Merchant API, each with its maximum cost. */
import { findDueOrders, findRegisteredOrders, writeNextAsks } from '../../src/reconciliation/due-orders.ts';
import { eventsAfter, eventsBefore, moveMark, readMark } from '../../src/reconciliation/mapi-news.ts';
import { findReported } from '../../src/reconciliation/mapi-reported.ts';
import {
  enterPayments,
  FIRST_DUE,
  findDuePayments,
  findUnknownPayments,
  writeNextLooks,
} from '../../src/reconciliation/open-payments.ts';
import type { MeasuredStatement, RunState } from './hot-path-statements.ts';

const DAY_MS = 86_400_000;
const GROUP = 4;

const one = (work: MeasuredStatement['run']): MeasuredStatement => ({ perRow: 0, base: 40, run: work });
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS);

/** Names that are others in each round. */
function names(prefix: string, { round }: RunState, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${prefix}${round * count + n + 1}`);
}

export const MAPI_STATEMENTS: Readonly<Record<string, MeasuredStatement>> = {
  'mark of events, move': one((db, { round }) => moveMark(db, 'test', round).then(() => 1)),
  'mark of events, read': one((db) => readMark(db, 'test').then(() => 1)),
  'events of the Merchant API, the next': {
    perRow: 1.1,
    base: 40,
    run: async (db) => (await eventsAfter(db, 0)).length,
  },
  'events of the Merchant API, back': {
    perRow: 1.1,
    base: 40,
    run: async (db) => (await eventsBefore(db, null)).length,
  },
  'payments, enter': {
    perRow: 12,
    base: 40,
    async run(db, state) {
      const due = new Map(names('entered-', state, 100).map((id) => [id, inDays(-1)]));
      await enterPayments(db, due, { isSooner: false });
      return due.size;
    },
  },
  'payments, sooner': {
    perRow: 14,
    base: 40,
    async run(db, state) {
      const due = new Map(names('mapi-order-', state, 20).map((id) => [id, inDays(-2)]));
      await enterPayments(db, due, { isSooner: true });
      return due.size;
    },
  },
  'payments, unknown': {
    perRow: 0,
    base: 100,
    run: async (db, state) => (await findUnknownPayments(db, names('mapi-order-', state, 20))).length,
  },
  'payments that are due': {
    perRow: 4,
    base: 60,
    passesDead: true,
    run: async (db) => (await findDuePayments(db, { now: new Date(), after: FIRST_DUE })).length,
  },
  'payments, next looks': {
    perRow: 16,
    base: 40,
    async run(db, state) {
      const looks = names('mapi-order-', state, GROUP).map((paymentId, n) => {
        return { paymentId, dueAt: n === 0 ? null : inDays(1), missing: 'captured', missingSince: inDays(0) };
      });
      await writeNextLooks(db, looks);
      return looks.length;
    },
  },
  'orders that are due': {
    perRow: 8,
    base: 60,
    passesDead: true,
    run: async (db) => (await findDueOrders(db, { now: new Date(), after: FIRST_DUE })).length,
  },
  'orders since': {
    perRow: 6,
    base: 200,
    async run(db) {
      await findRegisteredOrders(db, { after: { dueAt: inDays(-90).toISOString(), name: '' } });
      return 500;
    },
  },
  'orders, next asks': {
    perRow: 12,
    base: 40,
    async run(db) {
      const orders = await findDueOrders(db, { now: new Date(), after: FIRST_DUE });
      const asks = orders.slice(0, GROUP).map((order) => ({ ...order, wasDueAt: order.dueAt, dueAt: inDays(1) }));
      await writeNextAsks(db, asks);
      return asks.length + orders.length;
    },
  },
  'reported of a payment': one((db) => findReported(db, 'mapi-order-40').then(() => 1)),
  // Up to 500 events are read.
  'reported of the long payment': { ...one((db) => findReported(db, 'long').then(() => 1)), base: 550 },
};
