/**
 * One look at everything: observes, applies the rules, and writes what has changed with the messages that are due. Two
 * looks at the same time, or one after a restart, change nothing twice.
 */
import type { Database } from '../db/client.ts';
import type { JobOutcome } from '../db/leader-lock.ts';
import type { Logger } from '../lib/logger.ts';
import { ALERT_NAMES } from './alert.ts';
import { databaseTime } from './database-time.ts';
import { nextStep, type Step } from './edges.ts';
import { observe } from './observe.ts';
import { prunePosts } from './post-store.ts';
import type { RuleSettings } from './rule.ts';
import { applyRules } from './rules.ts';
import { type Change, readAlerts, saveChanges } from './store.ts';

export interface LookOptions {
  readonly db: Database;
  readonly settings: RuleSettings;
  /** Whether messages are posted; without it none is written, so that none is posted late when it is set. */
  readonly posts: boolean;
  readonly logger: Logger;
  newId(): string;
  /** The time of the look; missing: that of the database. */
  now?(): Date;
}

/** Looks once. What it returns is kept with the job: since when callbacks are waited for. */
export async function look(options: LookOptions, signal?: AbortSignal): Promise<JobOutcome> {
  const { db, settings, posts, logger, newId } = options;
  const now = options.now?.() ?? (await databaseTime(db, signal));
  const seen = await observe(db, now, signal);
  const verdicts = applyRules({ seen, settings, now });
  const before = await readAlerts(db, signal);
  const steps = ALERT_NAMES.map((name) => {
    const old = before.get(name) ?? null;
    return { old, ...nextStep(name, old, { verdict: verdicts[name], now, newId }) };
  });
  const changes = steps.flatMap(({ old, next, occasion }): Change[] =>
    next === null || next === old ? [] : [{ before: old, next, occasion }],
  );
  const written = await saveChanges(db, changes, { now, posts, ...(signal === undefined ? {} : { signal }) });
  for (const step of steps) if (step.next !== null && written.has(step.next.name)) logChange(logger, step);
  await prunePosts(db, now, signal);
  return { outcome: 'succeeded', result: { watchedSince: seen.watchedSince.toISOString() } };
}

function logChange(logger: Logger, { next, change }: Step): void {
  if (next === null || change === null) return;
  const { name, severity, since, until, edgeId, message } = next;
  if (change === 'fired') logger.warn({ event: 'alert.firing', alert: name, severity, edgeId, message });
  else logger.info({ event: 'alert.resolved', alert: name, severity, edgeId, since, until });
}
