/**
 * Keeps the snapshots of events, and the claims of deliveries that wait for one. A snapshot counts only while the
 * delivery still has the claim's token. The functions are those of migrations/0010_keep_providers.ts.
 */
import { sql } from 'kysely';
import { plainArray, textArray } from '../db/array-literals.ts';
import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { storable } from '../lib/storable.ts';
import type { Snapshot } from '../payments/snapshot.ts';
import type { ClaimRef } from './claim.ts';

/** A snapshot to be kept with the event of a claim. */
export interface NewSnapshot {
  readonly claim: ClaimRef;
  readonly snapshot: Snapshot;
}

/** What is kept now: an event that had a snapshot already keeps that one. */
export interface KeptSnapshot {
  readonly snapshot: Snapshot;
  /** Null for events of eCom, whose order's reference is the paymentId. */
  readonly orderReference: string | null;
}

/** What waiting for a snapshot needs of the database; each call may reject when it is unavailable. */
export interface SnapshotStore {
  /** Renews the claims; returns those that are still held. */
  renew<T extends ClaimRef>(claims: readonly T[]): Promise<ReadonlySet<T>>;
  /** Keeps the snapshot and renews the claim; null when the claim was lost. */
  save(snapshot: NewSnapshot): Promise<KeptSnapshot | null>;
}

const MAX_SAVED_AT_ONCE = 64;
/** As long as the reference in a callback's URL may be. An index cannot hold everything. */
const MAX_REFERENCE_CHARACTERS = 255;

interface ClaimKey {
  readonly sequence: number;
  readonly token: string;
}

/** Creates the store. Snapshots that arrive while a statement runs share the next one. */
export function createSnapshotStore(db: Database, leaseMs: number): SnapshotStore {
  return {
    renew: (claims) => renewClaims(db, claims, leaseMs),
    save: createBatcher((batch) => saveSnapshots(db, batch, leaseMs), MAX_SAVED_AT_ONCE),
  };
}

async function renewClaims<T extends ClaimRef>(
  db: Database,
  claims: readonly T[],
  leaseMs: number,
): Promise<ReadonlySet<T>> {
  const rows = await db.run(
    sql<ClaimKey>`select sequence, token from renew_claims_v1(${claimArrays(claims)}, ${leaseMs}::float8)`.compile(
      db.kysely,
    ),
  );
  const held = new Set(rows.map(keyOf));
  return new Set(claims.filter((claim) => held.has(keyOf(claim))));
}

async function saveSnapshots(
  db: Database,
  batch: readonly NewSnapshot[],
  leaseMs: number,
): Promise<readonly (KeptSnapshot | null)[]> {
  const snapshots = batch.map(({ snapshot }) => JSON.stringify(snapshot));
  const references = batch.map(({ snapshot }) => referenceOf(snapshot));
  const rows = await db.run(
    sql<ClaimKey & KeptSnapshot>`
      select sequence, token, snapshot, order_reference as "orderReference"
      from save_snapshots_v1(
        ${claimArrays(batch.map(({ claim }) => claim))}, ${textArray(snapshots)}::json[],
        ${textArray(references)}::text[], ${leaseMs}::float8
      )`.compile(db.kysely),
  );
  const kept = new Map(rows.map(({ snapshot, orderReference, ...key }) => [keyOf(key), { snapshot, orderReference }]));
  return batch.map(({ claim }) => kept.get(keyOf(claim)) ?? null);
}

function keyOf({ sequence, token }: ClaimKey): string {
  return `${sequence} ${token}`;
}

function claimArrays(claims: readonly ClaimRef[]) {
  return sql`
      ${plainArray(claims.map(({ sequence }) => sequence))}::bigint[],
      ${textArray(claims.map(({ paymentKey }) => paymentKey))}::text[],
      ${plainArray(claims.map(({ token }) => token))}::uuid[]`;
}

function referenceOf({ payment }: Snapshot): string | null {
  const reference = payment?.orderReference ?? null;
  return reference === null || reference.length > MAX_REFERENCE_CHARACTERS ? null : storable(reference);
}
