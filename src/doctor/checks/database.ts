/** The checks of the database, and of this machine's clock against the clocks of the database and of Resurs. */
import { request } from 'undici';
import { UnsuitableServerError } from '../../db/connection/unsuitable-server.ts';
import { databaseFix } from '../../db/errors.ts';
import { pendingMigrations, requireCurrentSchema } from '../../db/migrate.ts';
import { findPoolerMode } from '../../db/pooler.ts';
import { type DatabaseFacts, probeDatabase, probeStoring } from '../../db/probe.ts';
import { requirePlace, UnfitDatabaseError } from '../../db/requirements.ts';
import { errorCode, errorSummary } from '../../lib/errors.ts';
import { type Finding, fail, notLookedAt, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

const DISK_FULL = '53100';
const UNDEFINED_FUNCTION = '42883';

/** Beyond it merchants refuse a delivery's signature (Standard Webhooks: five minutes). */
const CLOCK_FAIL_MS = 300_000;
const CLOCK_WARN_MS = 30_000;

type DatabaseProbe =
  | { readonly outcome: 'probed'; readonly facts: DatabaseFacts }
  | { readonly outcome: 'failed'; readonly finding: Finding };

/** Checks that Postgres is reachable, new enough, keeps every letter, and stores a callback. */
export async function checkDatabase(context: CheckContext): Promise<Finding> {
  const probed = await probe(context);
  if (probed.outcome === 'failed') return probed.finding;

  const { version, writable } = probed.facts;
  const unfit = await findUnfit(context);
  if (unfit !== null) return unfit;
  if (!writable) return fail(`Postgres ${version} is read-only.`, 'Point DATABASE_URL at the primary server.');
  return (
    (await findStoringFault(context, version)) ??
    (await checkDirectUrl(context)) ??
    pass(`Postgres ${version} accepts commits and has room for more`)
  );
}

/** Finds replicas that cannot wake each other; null when they can. */
async function checkDirectUrl({ config, database }: CheckContext): Promise<Finding | null> {
  const setting = config.DATABASE_DIRECT_URL === null ? 'DATABASE_URL' : 'DATABASE_DIRECT_URL';
  const url = config.DATABASE_DIRECT_URL ?? database?.connectionString;
  if (url === undefined) return null;
  try {
    if ((await findPoolerMode(url)) !== 'transaction') return null;
  } catch (error) {
    return fail(`The server of ${setting} is not reached: ${errorSummary(error)}.`, databaseFix(error));
  }
  return warn(
    `${setting} leads to a pooler in transaction mode: replicas do not wake each other, and poll once a second.`,
    'Set DATABASE_DIRECT_URL to the server itself.',
  );
}

/** A database that the receiver cannot use at all, such as one of another encoding. */
async function findUnfit({ database }: CheckContext): Promise<Finding | null> {
  if (database === null) return null;
  try {
    await requirePlace(database.db.kysely);
    return null;
  } catch (error) {
    return queryFailed(error);
  }
}

/** Stores a callback and takes it back. Null when that works, or when no migration has run yet. */
async function findStoringFault({ database }: CheckContext, version: string): Promise<Finding | null> {
  if (database === null) return null;
  try {
    await probeStoring(database.db);
    return null;
  } catch (error) {
    // The check of the schema names the missing migration.
    if (errorCode(error) === UNDEFINED_FUNCTION) return null;
    return fail(
      `Postgres ${version} commits, but cannot store a callback (${errorSummary(error)}).`,
      errorCode(error) === DISK_FULL
        ? 'Its disk is full: give it space. Delete no rows by hand.'
        : 'docs/runbook.md, "Codes of Postgres", has the fix for the code.',
    );
  }
}

/** Checks that the schema is up to date, and that the service may use it. */
export async function checkSchema(context: CheckContext): Promise<Finding> {
  if (context.database === null) return skip('there is no database', 'database');
  try {
    const pending = await pendingMigrations(context.database.connectionString);
    if (pending.length === 0) {
      await requireCurrentSchema(context.database.connectionString);
      return pass('all migrations have run');
    }
    const reason = `Missing migrations: ${pending.join(', ')}.`;
    if (context.config.MIGRATE_ON_START)
      return warn(`${reason} serve runs them at its next start.`, 'Run "npm run migrate".');
    return fail(`${reason} serve refuses to start.`, 'Run "npm run migrate".');
  } catch (error) {
    if (error instanceof UnfitDatabaseError) return queryFailed(error);
    return skip('the database query failed', 'database');
  }
}

/** Checks that a commit survives a power cut. */
export async function checkDurability(context: CheckContext): Promise<Finding> {
  const probed = await probe(context);
  if (probed.outcome === 'failed') return skip('the database cannot be asked', 'database');

  const { fsync, fullPageWrites } = probed.facts;
  if (!fsync || !fullPageWrites) {
    const setting = fsync ? 'full_page_writes' : 'fsync';
    return fail(
      `${setting} is off: a power cut loses callbacks that were answered 204.`,
      `Set ${setting}=on in Postgres.`,
    );
  }
  if (context.config.DATABASE_URL === null) {
    return warn(
      'Postgres is the embedded one: commits survive on this disk, but there is no backup.',
      'Set DATABASE_URL for production.',
    );
  }
  return pass('fsync and full_page_writes are on; every commit of this service waits for the disk');
}

/** Compares this machine's clock with those of the database and of Resurs. */
export async function checkClock(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const differences: { readonly whose: string; readonly ms: number }[] = [];
  const probed = await probe(context);
  if (probed.outcome === 'probed') {
    differences.push({ whose: 'the database', ms: probed.facts.now.getTime() - context.clock.now() });
  }
  const remote = await clockOfResurs(context, signal);
  if (remote.outcome === 'read') differences.push({ whose: 'Resurs', ms: remote.at - context.clock.now() });

  const worst = differences.toSorted((a, b) => Math.abs(b.ms) - Math.abs(a.ms))[0];
  const fix =
    'Synchronise the clocks of this machine and of the database with a time service (chrony, systemd-timesyncd).';
  if (worst === undefined)
    return notLookedAt('no clock to compare with.', 'Let this machine reach the database and Resurs.');
  const seconds = Math.round(Math.abs(worst.ms) / 1000);
  const difference = `This clock and that of ${worst.whose} differ by ${seconds} s.`;
  if (Math.abs(worst.ms) > CLOCK_FAIL_MS)
    return fail(`${difference} Signatures and times of registration are refused.`, fix);
  if (Math.abs(worst.ms) > CLOCK_WARN_MS) return warn(difference, fix);
  if (remote.outcome === 'unknown') {
    return notLookedAt(
      `the clock of Resurs (${remote.error}). ${difference}`,
      'Let this machine reach Resurs over https, with RESURS_USERNAME or MAPI_CLIENT_ID set.',
    );
  }
  return pass(difference);
}

type RemoteClock =
  | { readonly outcome: 'read'; readonly at: number }
  | { readonly outcome: 'unknown'; readonly error: string };

/** Either API of Resurs tells the time with each response, whatever it is. */
async function clockOfResurs({ resurs, mapi }: CheckContext, signal: AbortSignal): Promise<RemoteClock> {
  const server = resurs === null ? (mapi?.server ?? null) : { url: resurs.restUrl, dispatcher: resurs.dispatcher };
  if (server === null) return { outcome: 'unknown', error: 'neither RESURS_USERNAME nor MAPI_CLIENT_ID is set' };
  try {
    const { headers, body } = await request(server.url, { dispatcher: server.dispatcher, method: 'HEAD', signal });
    await body.dump();
    const at = Date.parse(String(headers.date));
    return Number.isNaN(at) ? { outcome: 'unknown', error: 'no Date header' } : { outcome: 'read', at };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: 'unknown', error: errorSummary(error) };
  }
}

async function probe({ database }: CheckContext): Promise<DatabaseProbe> {
  if (database === null) return { outcome: 'failed', finding: noDatabase() };
  try {
    return { outcome: 'probed', facts: await probeDatabase(database.db) };
  } catch (error) {
    return { outcome: 'failed', finding: queryFailed(error) };
  }
}

function noDatabase(): Finding {
  return fail(
    'DATABASE_URL is not set, and no service with an embedded Postgres runs here.',
    'Set DATABASE_URL, or start serve first.',
  );
}

function queryFailed(error: unknown): Finding {
  if (error instanceof UnfitDatabaseError) return fail(error.problem, error.fix);
  if (error instanceof UnsuitableServerError) return fail(`${error.problem}.`, `${error.fix}.`);
  return fail(`The database query failed: ${errorSummary(error)}.`, databaseFix(error));
}
