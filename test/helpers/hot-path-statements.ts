/**
 * The statements on the way of callbacks and deliveries, with what they may cost. They are asked one after the other: what
 * one has claimed the next settles.
 */
import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/db/client.ts';
import {
  type Claim,
  claimDeliveries,
  findExpiredClaims,
  firstDue,
  MAX_CLAIMED_AT_ONCE,
  readOutlook,
  releaseClaims,
} from '../../src/deliveries/claim.ts';
import { unblockStranded } from '../../src/deliveries/ordering.ts';
import { type Settlement, settleClaims } from '../../src/deliveries/settle.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { storeEvents } from '../../src/inbox/record.ts';
import { delivered } from './outbox.ts';

/** What a connection's statements leave to those after them. */
export interface Course {
  /** A number that is new in each round. */
  round: number;
  claims: readonly Claim[];
  /** The last event that was stored. */
  eventId: string;
  /** As the dispatcher keeps it: nothing is pending that was due before. */
  since: Date | null;
}

export interface Hot {
  /** Blocks for each row of the answer, and for an answer without a row. */
  readonly perRow: number;
  readonly base: number;
  /** It passes by what is deleted and not vacuumed, so it is only told of where there is much of that. */
  readonly passesDead?: boolean;
  /** How many rows the answer has. */
  ask(db: Database, course: Course): Promise<number>;
}

const BATCH = 16;
/** As the dispatcher's. */
const SINCE_MARGIN_MS = 60_000;
/** As the rescue's. */
const EXPIRED_LATELY_MS = 60_000;
const LEASE_MS = 60_000;
function candidate(paymentId: string) {
  const event: NewEvent = {
    paymentKey: paymentId,
    paymentId,
    callback: 'UNFREEZE',
    type: 'payment.unfrozen',
    result: null,
    method: 'GET',
    registeredAt: null,
    parameters: {},
    body: null,
    verified: { digest: 'none', eventType: null } as unknown as NewEvent['verified'],
    identity: { key: randomUUID(), aliasKey: randomUUID(), windowMs: 86_400_000 },
  };
  return { id: randomUUID(), event, receipts: 2, deliver: true };
}

/** Half of them are born claimed. */
function store(payments: (course: Course) => readonly string[]): Hot {
  return {
    perRow: 75,
    base: 100,
    async ask(db, course) {
      const batch = payments(course).map(candidate);
      const claims = { max: BATCH / 2, token: randomUUID(), leaseMs: LEASE_MS };
      const stored = await storeEvents(db, batch, { maxEventsPerPayment: 500, claims });
      course.claims = stored.claims;
      const [first] = stored.stored;
      if (first?.outcome === 'recorded') course.eventId = first.eventId;
      return batch.length;
    },
  };
}

const sixteen = (name: string) => (course: Course) =>
  Array.from({ length: BATCH }, (_, n) => `${name}-${course.round * BATCH + n + 1}`);

function claim(limit: number): Hot {
  return {
    perRow: 42,
    base: 250,
    async ask(db, course) {
      const { since } = course;
      course.claims = await claimDeliveries(db, { limit, token: randomUUID(), leaseMs: LEASE_MS, since, skipped: [] });
      if (course.claims.length < limit) course.since = new Date(Date.now() - SINCE_MARGIN_MS);
      return course.claims.length;
    },
  };
}

function settle(next: (claim: Claim) => Settlement): Hot {
  return {
    perRow: 42,
    base: 60,
    async ask(db, { claims }) {
      const { outcomes } = await settleClaims(db, claims.map(next));
      return outcomes.length;
    },
  };
}

function refused(state: 'pending' | 'dead_letter'): (claim: Claim) => Settlement {
  return (claim) => {
    const { record, next, ...rest } = delivered(claim);
    const { triesUsed, abandonedInRow } = next;
    return {
      ...rest,
      record: { ...record, outcome: 'refused', status: 400 },
      next: { state, triesUsed, abandonedInRow, waitMs: 3_600_000 } as Settlement['next'],
    };
  };
}

const release: Hot['ask'] = async (db, { claims }) => {
  await releaseClaims(db, claims);
  return claims.length;
};
const expired: Hot['ask'] = async (db) => (await findExpiredClaims(db, EXPIRED_LATELY_MS, [])).length;
const allExpired: Hot['ask'] = async (db) => (await findExpiredClaims(db, null, [])).length;
/** A step over 200 groups. */
const stranded: Hot['ask'] = async (db) => (await unblockStranded(db, null)).unblocked;

export const WAYS: Readonly<Record<string, Hot>> = {
  'store, new payments': store((course) => sixteen(`new-${course.since?.getTime() ?? 0}`)(course)),
  'settle, delivered': settle(delivered),
  'store, payments of old': store(sixteen('past')),
  'settle, to be tried again': settle(refused('pending')),
  'store, payments that wait': store(sixteen('now')),
  'settle, given up': settle(refused('dead_letter')),
  'store, the long payment': store(() => ['long']),
  'claim, all there is room for': claim(MAX_CLAIMED_AT_ONCE),
  release: { perRow: 24, base: 60, ask: release },
  'claim again': claim(MAX_CLAIMED_AT_ONCE),
  'settle, many': settle(delivered),
  claim: claim(BATCH),
  'settle, those': settle(delivered),
  expired: { perRow: 6, base: 60, ask: expired },
  'expired, all': { perRow: 6, base: 60, passesDead: true, ask: allExpired },
  outlook: { perRow: 20, base: 0, ask: async (db) => Number((await readOutlook(db)).now instanceof Date) },
  'first due': { perRow: 10, base: 60, passesDead: true, ask: async (db) => Number((await firstDue(db, [])) !== null) },
  stranded: { perRow: 40, base: 2_000, passesDead: true, ask: stranded },
};
