/** The checks of the database, and of this machine's clock against the clocks of the database and of Resurs. */
import { request } from 'undici';
import { pendingMigrations } from '../../db/migrate.ts';
import { type DatabaseFacts, probeDatabase } from '../../db/probe.ts';
import { errorSummary } from '../../lib/errors.ts';
import { type Finding, fail, notLookedAt, pass, skip, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Postgres 14 is the oldest supported version. */
const MIN_VERSION = 140_000;

/** Beyond it merchants refuse a delivery's signature (Standard Webhooks: five minutes). */
const CLOCK_FAIL_MS = 300_000;
const CLOCK_WARN_MS = 30_000;

type DatabaseProbe =
  | { readonly outcome: 'probed'; readonly facts: DatabaseFacts }
  | { readonly outcome: 'failed'; readonly finding: Finding };

/** Checks that Postgres is reachable, new enough, and accepts a commit. */
export async function checkDatabase(context: CheckContext): Promise<Finding> {
  const probed = await probe(context);
  if (probed.outcome === 'failed') return probed.finding;

  const { versionNumber, version, writable } = probed.facts;
  if (versionNumber < MIN_VERSION) return fail(`Postgres ${version} is too old.`, 'Use Postgres 14 or newer.');
  if (!writable) return fail(`Postgres ${version} is read-only.`, 'Point DATABASE_URL at the primary server.');
  return pass(`Postgres ${version} accepts commits`);
}

/** Checks that the schema is up to date. */
export async function checkSchema(context: CheckContext): Promise<Finding> {
  if (context.database === null) return skip('there is no database', 'database');
  try {
    const pending = await pendingMigrations(context.database.connectionString);
    if (pending.length === 0) return pass('all migrations have run');
    const reason = `Missing migrations: ${pending.join(', ')}.`;
    if (context.config.MIGRATE_ON_START)
      return warn(`${reason} serve runs them at its next start.`, 'Run "npm run migrate".');
    return fail(`${reason} serve refuses to start.`, 'Run "npm run migrate".');
  } catch {
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
      'Let this machine reach Resurs over https, with RESURS_USERNAME set.',
    );
  }
  return pass(difference);
}

type RemoteClock =
  | { readonly outcome: 'read'; readonly at: number }
  | { readonly outcome: 'unknown'; readonly error: string };

async function clockOfResurs({ resurs }: CheckContext, signal: AbortSignal): Promise<RemoteClock> {
  if (resurs === null) return { outcome: 'unknown', error: 'RESURS_USERNAME is not set' };
  try {
    const { headers, body } = await request(resurs.restUrl, { method: 'HEAD', signal });
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
  return fail(
    `The database query failed: ${errorSummary(error)}.`,
    'Check DATABASE_URL, and that Postgres runs and accepts connections from this machine.',
  );
}
