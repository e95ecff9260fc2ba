/** Records what a command did in the database of the service, if there is one. */
import type { Config } from '../config/settings.ts';
import { openDatabase } from '../db/client.ts';
import { abortable } from '../lib/abortable.ts';
import { errorSummary } from '../lib/errors.ts';
import { type NewAction, recordAction } from '../operators/actions.ts';
import { findCommandDatabase } from './database.ts';

/** What the command did is done: the operator does not wait for a database that is away. */
const WAIT_MS = 5_000;

/**
 * Records one action. Returns why it could not; null when it is recorded, or when there is no database. Never rejects.
 */
export async function recordCommandAction(config: Config, action: NewAction): Promise<string | null> {
  const connectionString = await findCommandDatabase(config).catch(() => null);
  if (connectionString === null) return null;
  const db = openDatabase({ connectionString, poolSize: 1, onConnectionError: () => undefined });
  const signal = AbortSignal.timeout(WAIT_MS);
  try {
    await abortable(recordAction(db, action), signal);
    return null;
  } catch (error) {
    return signal.aborted ? `the database has not answered within ${WAIT_MS} ms` : errorSummary(error);
  } finally {
    await db.close();
  }
}
