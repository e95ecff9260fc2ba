import { type Kysely, sql } from 'kysely';

/**
 * Creates the tables that say which secrets are in use: what was registered at Resurs with which salt, when each secret
 * was last used, and how many callbacks were refused for their digest.
 *
 * No secret is stored. `fingerprint` is scrypt over a secret and the random bytes of `fingerprint_salts`, so that the
 * owner of a copy of the database cannot test guesses of a weak salt quickly. One row of random bytes for all
 * fingerprints: equal secrets have equal fingerprints, which is what they are for, on every replica and after a
 * restart.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table fingerprint_salts (
      id int primary key default 1,
      bytes bytea not null,
      constraint fingerprint_salts_one_row check (id = 1)
    )`.execute(db);

  // Resurs returns the URL of a registration only. Test and production are two accounts, so each has rows of its own.
  await sql`
    create table registered_salts (
      environment text not null,
      callback text not null,
      registered_at bigint not null,
      algorithm text,
      secret_kind text,
      fingerprint text,
      basic_fingerprint text,
      primary key (environment, callback),
      constraint registered_salts_digest check (num_nulls(algorithm, secret_kind, fingerprint) in (0, 3))
    )`.execute(db);

  // One row per secret and not per setting: in a rotation a secret moves from one setting to another.
  await sql`
    create table secret_uses (
      secret_kind text not null,
      fingerprint text not null,
      previous_since timestamptz,
      last_used_at timestamptz,
      primary key (secret_kind, fingerprint)
    )`.execute(db);

  // One row per minute and type, however many callbacks are refused; rows older than a day are pruned.
  await sql`
    create table digest_refusals (
      minute timestamptz not null,
      callback text not null,
      count bigint not null,
      primary key (minute, callback)
    )`.execute(db);
}
