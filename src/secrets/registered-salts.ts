/**
 * Stores with which salt and credentials each type is registered at Resurs, because Resurs does not tell. There is one
 * row per account and type, written by `register` after it has read the registration back.
 */
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';
import type { DigestAlgorithm } from '../protocol/ecom/salts.ts';

/** The origin of a registered salt: derived from DIGEST_KEY, or fixed. */
export type SaltOrigin = 'digest_key' | 'digest_salt';

/** The secret part of one registration. */
export interface RegisteredSalt {
  readonly type: string;
  /** `t` in the URL: unix seconds. */
  readonly registeredAt: number;
  /** Null: registered without a digest. */
  readonly digest: {
    readonly algorithm: DigestAlgorithm;
    readonly origin: SaltOrigin;
    /** Of the salt, or of the key that it is derived from. */
    readonly fingerprint: string;
  } | null;
  /** Of user name and password; null: registered without credentials. */
  readonly basicFingerprint: string | null;
}

/** Stores the row of a type in place of an older one. */
export async function saveRegisteredSalt(db: Database, environment: string, salt: RegisteredSalt): Promise<void> {
  const { type, registeredAt, digest, basicFingerprint } = salt;
  await db.run(
    sql`
      insert into registered_salts (
        environment, callback, registered_at, algorithm, secret_kind, fingerprint, basic_fingerprint
      ) values (
        ${environment}, ${type}, ${registeredAt}, ${digest?.algorithm ?? null}, ${digest?.origin ?? null},
        ${digest?.fingerprint ?? null}, ${basicFingerprint}
      )
      on conflict (environment, callback) do update set
        registered_at = excluded.registered_at, algorithm = excluded.algorithm, secret_kind = excluded.secret_kind,
        fingerprint = excluded.fingerprint, basic_fingerprint = excluded.basic_fingerprint`.compile(db.kysely),
  );
}

/** Removes the row of a type, when nothing is known about its registration any more. */
export async function deleteRegisteredSalt(db: Database, environment: string, type: string): Promise<void> {
  await db.run(
    sql`delete from registered_salts where environment = ${environment} and callback = ${type}`.compile(db.kysely),
  );
}

interface SaltRow {
  readonly type: string;
  readonly registeredAt: number;
  readonly algorithm: DigestAlgorithm | null;
  readonly origin: SaltOrigin | null;
  readonly fingerprint: string | null;
  readonly basicFingerprint: string | null;
}

/** Returns the rows of one environment. */
export async function listRegisteredSalts(db: Database, environment: string): Promise<RegisteredSalt[]> {
  const rows = await db.run(
    sql<SaltRow>`
      select callback as type, registered_at as "registeredAt", algorithm, secret_kind as origin, fingerprint,
             basic_fingerprint as "basicFingerprint"
      from registered_salts where environment = ${environment} order by callback`.compile(db.kysely),
  );
  return rows.map(({ type, registeredAt, algorithm, origin, fingerprint, basicFingerprint }) => ({
    type,
    registeredAt,
    digest: algorithm === null || origin === null || fingerprint === null ? null : { algorithm, origin, fingerprint },
    basicFingerprint,
  }));
}
