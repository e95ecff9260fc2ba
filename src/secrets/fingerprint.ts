/**
 * Makes fingerprints of secrets, by which the database recognizes a secret without holding it. A fingerprint must not
 * help to guess a secret: a fixed salt may be a short word, and the owner of a backup may try words. So each guess costs
 * one scrypt, with random bytes that no other database has.
 */
import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import type { Database } from '../db/client.ts';

/** What a secret is for. Equal texts of two kinds have different fingerprints. */
export type SecretKind = 'digest_key' | 'digest_salt' | 'basic' | 'status_token' | 'webhook_secret' | 'mapi_token';

/** Returns the fingerprint of one secret. Throws the errors of the database. */
export type Fingerprints = (kind: SecretKind, secret: string) => Promise<string>;

/** 16 MiB and some 50 ms for each guess: the cost that scrypt's author gives for passwords of interactive logins. */
const COST = { N: 16_384, r: 8, p: 1 };
const LENGTH = 24;
const RANDOM_BYTES = 16;

const scryptAsync = promisify<string, Buffer, number, typeof COST, Buffer>(scrypt);

/**
 * Creates the fingerprints of one database. Each secret is computed once, and one at a time, so that a start takes
 * neither all cores nor much memory.
 */
export function createFingerprints(db: Database): Fingerprints {
  const known = new Map<string, Promise<string>>();
  let bytes: Promise<Buffer> | null = null;
  let last: Promise<unknown> = Promise.resolve();

  async function compute(labelled: string): Promise<string> {
    bytes ??= readOrCreateBytes(db);
    const salt = await bytes;
    const previous = last;
    const computed = previous.then(() => scryptAsync(labelled, salt, LENGTH, COST));
    last = computed.catch(() => undefined);
    return (await computed).toString('base64url');
  }

  return (kind, secret) => {
    const labelled = `${kind}:${secret}`;
    const existing = known.get(labelled);
    if (existing !== undefined) return existing;
    const computed = compute(labelled);
    known.set(labelled, computed);
    computed.catch(() => {
      // The database may be back at the next call.
      known.delete(labelled);
      bytes = null;
    });
    return computed;
  };
}

/** Returns the random bytes of this database; the first caller of all processes creates them. */
async function readOrCreateBytes(db: Database): Promise<Buffer> {
  const read = () =>
    db.run(sql<{ readonly bytes: Buffer }>`select bytes from fingerprint_salts where id = 1`.compile(db.kysely));
  const existing = await read();
  if (existing[0] !== undefined) return existing[0].bytes;

  const created = randomBytes(RANDOM_BYTES);
  await db.run(
    sql`insert into fingerprint_salts (id, bytes) values (1, ${created}) on conflict (id) do nothing`.compile(
      db.kysely,
    ),
  );
  const row = (await read())[0];
  if (row === undefined)
    throw new Error('the random bytes of the fingerprints are missing right after they were stored');
  return row.bytes;
}
