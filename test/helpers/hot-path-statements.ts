/**
 * The hot-path statements, of callbacks and deliveries, each with its maximum cost. They run one after another: each
 * settles what the one before it claimed.
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
import { createSnapshotStore } from '../../src/deliveries/snapshot-store.ts';
import type { NewEvent } from '../../src/events/event.ts';
import { recordBatch } from '../../src/inbox/record.ts';
import { failedSnapshot } from '../../src/payments/snapshot.ts';
import { deliveredSettlement } from './outbox.ts';

/** What the statements of a connection pass on to the following ones. */
export interface RunState {
  /** A number that is new in each round. */
  round: number;
  claims: readonly Claim[];
  /** The last event that was stored. */
  eventId: string;
  /** As the dispatcher keeps it: nothing is pending that was due before. */
  since: Date | null;
}

export interface MeasuredStatement {
  /** Maximum blocks for each row of the result, and for a result without rows. */
  readonly perRow: number;
  readonly base: number;
  /** It passes deleted rows that are not vacuumed, so its cost is only reported where there are many of them. */
  readonly passesDead?: boolean;
  /** Runs the statement and returns how many rows its result has. */
  run(db: Database, state: RunState): Promise<number>;
}

const BATCH = 16;
/** As the dispatcher's. */
const SINCE_MARGIN_MS = 60_000;
/** As the rescue's. */
const RECENT_SCAN_MS = 60_000;
const LEASE_MS = 60_000;

function newRow(paymentId: string) {
  const event: NewEvent = {
    provider: 'resurs-ecom',
    paymentKey: paymentId,
    paymentId,
    orderReference: paymentId,
    callback: 'UNFREEZE',
    type: 'payment.unfrozen',
    result: null,
    method: 'GET',
    registeredAt: null,
    parameters: {},
    body: null,
    verified: { digest: 'none', eventType: null } as unknown as NewEvent['verified'],
    identity: { key: randomUUID(), aliasKey: randomUUID(), windowMs: 86_400_000, endedKeys: [randomUUID()] },
  };
  return { id: randomUUID(), event, receipts: 2, deliver: true };
}

/** Half of them are born claimed. */
function store(payments: (state: RunState) => readonly string[]): MeasuredStatement {
  return {
    perRow: 80,
    base: 100,
    async run(db, state) {
      const batch = payments(state).map(newRow);
      const claims = { max: BATCH / 2, token: randomUUID(), leaseMs: LEASE_MS };
      const stored = await recordBatch(db, batch, { maxEventsPerPayment: 500, claims });
      state.claims = stored.claims;
      const [first] = stored.results;
      if (first?.outcome === 'recorded') state.eventId = first.eventId;
      return batch.length;
    },
  };
}

const sixteen = (name: string) => (state: RunState) =>
  Array.from({ length: BATCH }, (_, n) => `${name}-${state.round * BATCH + n + 1}`);

function claim(limit: number): MeasuredStatement {
  return {
    perRow: 42,
    base: 250,
    async run(db, state) {
      const { since } = state;
      state.claims = await claimDeliveries(db, { limit, token: randomUUID(), leaseMs: LEASE_MS, since, skipped: [] });
      if (state.claims.length < limit) state.since = new Date(Date.now() - SINCE_MARGIN_MS);
      return state.claims.length;
    },
  };
}

function settle(next: (claim: Claim) => Settlement): MeasuredStatement {
  return {
    perRow: 42,
    base: 60,
    async run(db, { claims }) {
      const { outcomes } = await settleClaims(db, claims.map(next));
      return outcomes.length;
    },
  };
}

function refused(nextState: 'pending' | 'dead_letter'): (claim: Claim) => Settlement {
  return (claim) => {
    const { record, next, ...rest } = deliveredSettlement(claim);
    const { triesUsed, abandonedInRow } = next;
    return {
      ...rest,
      record: { ...record, outcome: 'refused', status: 400 },
      next: { state: nextState, triesUsed, abandonedInRow, waitMs: 3_600_000 } as Settlement['next'],
    };
  };
}

const release: MeasuredStatement['run'] = async (db, { claims }) => {
  await releaseClaims(db, claims);
  return claims.length;
};
const renew: MeasuredStatement['run'] = async (db, { claims }) => {
  return (await createSnapshotStore(db, LEASE_MS).renew(claims)).size;
};
const saveSnapshots: MeasuredStatement['run'] = async (db, { claims }) => {
  const { save } = createSnapshotStore(db, LEASE_MS);
  const snapshot = failedSnapshot('Resurs does not know the payment.');
  const kept = await Promise.all(claims.map((claim) => save({ claim, snapshot })));
  return kept.filter((one) => one !== null).length;
};
const expired: MeasuredStatement['run'] = async (db) => (await findExpiredClaims(db, RECENT_SCAN_MS, [])).length;
const allExpired: MeasuredStatement['run'] = async (db) => (await findExpiredClaims(db, null, [])).length;
/** A step over 200 groups. */
const stranded: MeasuredStatement['run'] = async (db) => (await unblockStranded(db, null)).unblocked;

export const HOT_PATH_STATEMENTS: Readonly<Record<string, MeasuredStatement>> = {
  'store, new payments': store((state) => sixteen(`new-${state.since?.getTime() ?? 0}`)(state)),
  'settle, delivered': settle(deliveredSettlement),
  'store, old payments': store(sixteen('past')),
  'settle, for a retry': settle(refused('pending')),
  'store, payments with a backlog': store(sixteen('now')),
  'settle, dead letters': settle(refused('dead_letter')),
  'store, the long payment': store(() => ['long']),
  'claim, as many as possible': claim(MAX_CLAIMED_AT_ONCE),
  release: { perRow: 24, base: 60, run: release },
  'claim again': claim(MAX_CLAIMED_AT_ONCE),
  'settle, many': settle(deliveredSettlement),
  claim: claim(BATCH),
  'renew claims': { perRow: 24, base: 60, run: renew },
  // A new version of the event in a full page is an entry in each of its indexes.
  'save snapshots': { perRow: 52, base: 60, run: saveSnapshots },
  'settle, a batch': settle(deliveredSettlement),
  expired: { perRow: 6, base: 60, run: expired },
  'expired, all': { perRow: 6, base: 60, passesDead: true, run: allExpired },
  outlook: { perRow: 20, base: 0, run: async (db) => Number((await readOutlook(db)).now instanceof Date) },
  // Passes the entries that the claims and probes before it have just left behind, until they are marked.
  'first due': {
    perRow: 10,
    base: 500,
    passesDead: true,
    run: async (db) => Number((await firstDue(db, [])) !== null),
  },
  stranded: { perRow: 40, base: 2_000, passesDead: true, run: stranded },
};
