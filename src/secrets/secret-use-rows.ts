/** Reads when the secrets of the settings were last used, as all processes have recorded it. */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { ConfiguredSecret, SecretPair } from './configured-secrets.ts';
import type { Fingerprints } from './fingerprint.ts';

/** When a secret was last used, in minutes; null where no use is known. */
export interface SecretUse {
  /** Its setting. */
  readonly name: string;
  readonly lastUsedAt: Date | null;
  /** Null when no previous value is set. */
  readonly previous: PreviousUse | null;
}

/** The use of a previous value. */
export interface PreviousUse {
  readonly name: string;
  readonly lastUsedAt: Date | null;
  /** Since when it has been the previous one and was not used; null while no process has recorded it. */
  readonly unusedSince: Date | null;
}

/** The rows are few: one for each secret that was ever set. */
const MAX_ROWS = 1_000;

interface UseRow {
  readonly kind: string;
  readonly fingerprint: string;
  readonly previousSince: Date | null;
  readonly lastUsedAt: Date | null;
}

/** Returns the uses of `pairs`, in their order. Throws the errors of the database. */
export async function listSecretUses(
  db: Database,
  { pairs, fingerprints }: { readonly pairs: readonly SecretPair[]; readonly fingerprints: Fingerprints },
): Promise<SecretUse[]> {
  const rows = await db.run(
    sql<UseRow>`
      select secret_kind as kind, fingerprint, previous_since as "previousSince", last_used_at as "lastUsedAt"
      from secret_uses order by secret_kind, fingerprint limit ${sql.lit(MAX_ROWS)}`.compile(db.kysely),
  );
  const uses: SecretUse[] = [];
  for (const { current, previous } of pairs) {
    const row = await rowOf(current, rows, fingerprints);
    uses.push({
      name: current.name,
      lastUsedAt: row?.lastUsedAt ?? null,
      previous: previous === null ? null : previousUse(previous.name, await rowOf(previous, rows, fingerprints)),
    });
  }
  return uses;
}

/** Computes a fingerprint only where there is a row that it could be of. */
async function rowOf(
  { kind, secret }: ConfiguredSecret,
  rows: readonly UseRow[],
  fingerprints: Fingerprints,
): Promise<UseRow | null> {
  const ofKind = rows.filter((row) => row.kind === kind);
  if (ofKind.length === 0) return null;
  const wanted = await fingerprints(kind, secret);
  return ofKind.find(({ fingerprint }) => fingerprint === wanted) ?? null;
}

function previousUse(name: string, row: UseRow | null): PreviousUse {
  const { previousSince = null, lastUsedAt = null } = row ?? {};
  const unusedSince =
    previousSince !== null && lastUsedAt !== null && lastUsedAt > previousSince ? lastUsedAt : previousSince;
  return { name, lastUsedAt, unusedSince };
}
