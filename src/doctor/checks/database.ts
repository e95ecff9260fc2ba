/** The checks of the database and of this machine's clock, which is judged by the clocks of others. */
import { request } from 'undici';
import { pendingMigrations } from '../../db/migrate.ts';
import { type DatabaseFacts, probeDatabase } from '../../db/probe.ts';
import { errorSummary } from '../../lib/errors.ts';
import { type Finding, fail, pass, warn } from '../check.ts';
import type { CheckContext } from '../context.ts';

/** Postgres 14 is the oldest that is promised. */
const OLDEST_VERSION = 140_000;

/** Beyond it merchants refuse a delivery's signature (Standard Webhooks: five minutes). */
const CLOCK_FAIL_MS = 300_000;
const CLOCK_WARN_MS = 30_000;

type DatabaseProbe =
  | { readonly outcome: 'looked'; readonly inspection: DatabaseFacts }
  | { readonly outcome: 'blind'; finding: Finding };

/** Reachable, new enough, and takes a commit. */
export async function checkDatabase(context: CheckContext): Promise<Finding> {
  const looked = await probe(context);
  if (looked.outcome === 'blind') return looked.finding;

  const { versionNumber, version, writable } = looked.inspection;
  if (versionNumber < OLDEST_VERSION) return fail(`Postgres ${version} is too old.`, 'Use Postgres 14 or newer.');
  if (!writable) return fail(`Postgres ${version} is read-only.`, 'Point DATABASE_URL at the primary server.');
  return pass(`Postgres ${version} takes commits`);
}

/** The tables are there in the newest form. */
export async function checkSchema(context: CheckContext): Promise<Finding> {
  if (context.database === null) return nothingToLookAt();
  try {
    const pending = await pendingMigrations(context.database.connectionString);
    if (pending.length === 0) return pass('all migrations are in place');
    const reason = `Missing: ${pending.join(', ')}.`;
    if (context.config.MIGRATE_ON_START)
      return warn(`${reason} serve runs them at its next start.`, 'Run "npm run migrate".');
    return fail(`${reason} serve refuses to start.`, 'Run "npm run migrate".');
  } catch (error) {
    return unreachable(error);
  }
}

/** What was committed survives a power cut. */
export async function checkDurability(context: CheckContext): Promise<Finding> {
  const looked = await probe(context);
  if (looked.outcome === 'blind') return looked.finding;

  const { fsync, fullPageWrites } = looked.inspection;
  if (!fsync || !fullPageWrites) {
    const which = fsync ? 'full_page_writes' : 'fsync';
    return fail(`${which} is off: a power cut loses callbacks that were answered 204.`, `Set ${which}=on in Postgres.`);
  }
  if (context.config.DATABASE_URL === null) {
    return warn(
      'Postgres is the embedded one: safe on this disk, but nobody backs it up.',
      'Set DATABASE_URL for production.',
    );
  }
  return pass('fsync and full_page_writes are on; every commit of this service waits for the disk');
}

/** This machine's clock against those of the database and of Resurs. */
export async function checkClock(context: CheckContext, signal: AbortSignal): Promise<Finding> {
  const differences: { readonly whose: string; readonly ms: number }[] = [];
  const looked = await probe(context);
  if (looked.outcome === 'looked') {
    differences.push({ whose: 'the database', ms: looked.inspection.now.getTime() - context.clock.now() });
  }
  const abroad = await clockOfResurs(context, signal);
  if (abroad.outcome === 'told') differences.push({ whose: 'Resurs', ms: abroad.at - context.clock.now() });

  const worst = differences.toSorted((a, b) => Math.abs(b.ms) - Math.abs(a.ms))[0];
  const fix = 'Let a time service (chrony, systemd-timesyncd) set the clock of this machine and of the database.';
  if (worst === undefined) return warn('Nobody could be asked for the time.', fix);
  const seconds = Math.round(Math.abs(worst.ms) / 1000);
  const says = `This clock and that of ${worst.whose} differ by ${seconds} s.`;
  if (Math.abs(worst.ms) > CLOCK_FAIL_MS) return fail(`${says} Signatures and times of registration are refused.`, fix);
  if (Math.abs(worst.ms) > CLOCK_WARN_MS) return warn(says, fix);
  if (abroad.outcome === 'silent') {
    return warn(
      `${says} Resurs could not be asked for the time (${abroad.error}).`,
      'Let this machine reach Resurs over https.',
    );
  }
  return pass(says);
}

type RemoteClock =
  | { readonly outcome: 'told'; readonly at: number }
  | { readonly outcome: 'silent'; readonly error: string };

async function clockOfResurs({ resurs }: CheckContext, signal: AbortSignal): Promise<RemoteClock> {
  if (resurs === null) return { outcome: 'silent', error: 'RESURS_USERNAME is not set' };
  try {
    const { headers, body } = await request(resurs.restUrl, { method: 'HEAD', signal });
    await body.dump();
    const at = Date.parse(String(headers.date));
    return Number.isNaN(at) ? { outcome: 'silent', error: 'no Date header' } : { outcome: 'told', at };
  } catch (error) {
    signal.throwIfAborted();
    return { outcome: 'silent', error: errorSummary(error) };
  }
}

async function probe({ database }: CheckContext): Promise<DatabaseProbe> {
  if (database === null) return { outcome: 'blind', finding: nothingToLookAt() };
  try {
    return { outcome: 'looked', inspection: await probeDatabase(database.db) };
  } catch (error) {
    return { outcome: 'blind', finding: unreachable(error) };
  }
}

function nothingToLookAt(): Finding {
  return fail(
    'DATABASE_URL is not set, and no service with its own Postgres runs here.',
    'Set DATABASE_URL, or start serve first.',
  );
}

function unreachable(error: unknown): Finding {
  return fail(
    `The database cannot be asked: ${errorSummary(error)}.`,
    'Check DATABASE_URL, and that Postgres runs and lets this machine in.',
  );
}
