/**
 * The database of the commands that register: what was registered with which salt. Registering goes on without a
 * database, since callbacks are worth more than the record; what the record lacks then is printed.
 */
import type { Config } from '../config/settings.ts';
import { type Database, openDatabase } from '../db/client.ts';
import { errorSummary } from '../lib/errors.ts';
import type { Registration } from '../protocol/ecom/registration.ts';
import { registrationTime } from '../protocol/ecom/url-template.ts';
import type { SaltKind } from '../registrations/desired.ts';
import { findSaltStates, type TypeSaltState } from '../registrations/salt-state.ts';
import { basicText } from '../secrets/configured-secrets.ts';
import { createFingerprints, type Fingerprints } from '../secrets/fingerprint.ts';
import { deleteRegisteredSalt, type RegisteredSalt, saveRegisteredSalt } from '../secrets/registered-salts.ts';
import { findCommandDatabase, NO_COMMAND_DATABASE } from './database.ts';

/** The result of an access; `reason` is for a line of output. `unavailable`: the settings lead to no database. */
export type RecordResult<T> = { readonly outcome: 'done'; readonly value: T } | FailedRecord;

export interface FailedRecord {
  readonly outcome: 'failed' | 'unavailable';
  readonly reason: string;
}

export interface SaltRecords {
  /** Stores the salt of a registration that is in effect. */
  save(type: string, registration: Registration, salt: SaltKind): Promise<RecordResult<void>>;
  /** Removes what is stored of a type. */
  forget(type: string): Promise<RecordResult<void>>;
  /** Compares what is stored and the settings. */
  states(nowMs: number): Promise<RecordResult<readonly TypeSaltState[]>>;
  close(): Promise<void>;
}

/** Opens the records in the database of the settings; makes no connection yet. */
export async function openSaltRecords(config: Config): Promise<SaltRecords> {
  const connectionString = await findCommandDatabase(config);
  if (connectionString === null) return WITHOUT_DATABASE;
  const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  return { ...recordsIn(db, config), close: () => db.close() };
}

const NO_DATABASE = {
  outcome: 'unavailable',
  reason: NO_COMMAND_DATABASE,
} as const;

const WITHOUT_DATABASE: SaltRecords = {
  save: async () => NO_DATABASE,
  forget: async () => NO_DATABASE,
  states: async () => NO_DATABASE,
  close: async () => undefined,
};

function recordsIn(db: Database, config: Config): Omit<SaltRecords, 'close'> {
  const fingerprints = createFingerprints(db);
  const environment = config.RESURS_ENVIRONMENT;
  return {
    save: (type, registration, salt) =>
      attempt(async () => {
        const row = await toRegisteredSalt({ type, registration, salt }, config, fingerprints);
        await saveRegisteredSalt(db, environment, row);
      }),
    forget: (type) => attempt(() => deleteRegisteredSalt(db, environment, type)),
    states: (nowMs) => attempt(() => findSaltStates(db, { config, fingerprints, nowMs })),
  };
}

async function attempt<T>(work: () => Promise<T>): Promise<RecordResult<T>> {
  try {
    return { outcome: 'done', value: await work() };
  } catch (error) {
    return { outcome: 'failed', reason: errorSummary(error) };
  }
}

interface MadeRegistration {
  readonly type: string;
  readonly registration: Registration;
  readonly salt: SaltKind;
}

/** A derived salt is recognized by its key, so that one fingerprint serves all types. */
async function toRegisteredSalt(
  { type, registration: { uriTemplate, digest, basic }, salt }: MadeRegistration,
  { DIGEST_KEY }: Config,
  fingerprints: Fingerprints,
): Promise<RegisteredSalt> {
  const isDerived = salt === 'derived' && DIGEST_KEY !== null;
  const origin = isDerived ? 'digest_key' : 'digest_salt';
  const credentials = basic === null ? null : basicText(basic.username, basic.password);
  return {
    type,
    registeredAt: registrationTime(uriTemplate) ?? 0,
    digest:
      digest === null
        ? null
        : {
            algorithm: digest.algorithm,
            origin,
            fingerprint: await fingerprints(origin, isDerived ? DIGEST_KEY : digest.salt),
          },
    basicFingerprint: credentials === null ? null : await fingerprints('basic', credentials),
  };
}
