/**
 * What is kept of the last full run of `doctor`, as `result` of its row in `jobs`: counts and the names of checks. What
 * they found is not kept, since it can be old: a name leads to the check, which says what is so now.
 */
import type { JobState } from '../db/leader-lock.ts';
import { CHECK_NAMES, type CheckStatus } from './check.ts';
import type { CheckResult } from './run-checks.ts';

/** The run, as `GET /status` shows it. */
export interface DoctorRun {
  readonly at: Date;
  readonly passed: number;
  readonly warned: number;
  readonly failed: number;
  readonly skipped: number;
  /** The checks that failed, and then those that warned. */
  readonly problems: readonly string[];
}

/** Returns what is kept of a run. */
export function summarizeRun(results: readonly CheckResult[]): Omit<DoctorRun, 'at'> {
  const named = (wanted: CheckStatus) => results.filter(({ status }) => status === wanted).map(({ name }) => name);
  const [failed, warned] = [named('fail'), named('warn')];
  return {
    passed: named('pass').length,
    warned: warned.length,
    failed: failed.length,
    skipped: named('skip').length,
    problems: [...failed, ...warned],
  };
}

/** Reads what was kept, perhaps by another version; null when no full run has ended, or it cannot be read. */
export function lastDoctorRun(job: JobState | undefined): DoctorRun | null {
  const { finishedAt: at = null, result = null } = job ?? {};
  if (at === null || result === null) return null;
  const [passed, warned, failed, skipped] = ['passed', 'warned', 'failed', 'skipped'].map((name) => result[name]);
  if (!isCount(passed) || !isCount(warned) || !isCount(failed) || !isCount(skipped)) return null;
  const problems = Array.isArray(result.problems) ? result.problems.filter((name) => typeof name === 'string') : [];
  return { at, passed, warned, failed, skipped, problems: problems.slice(0, CHECK_NAMES.length) };
}

function isCount(kept: unknown): kept is number {
  return typeof kept === 'number' && Number.isSafeInteger(kept) && kept >= 0;
}
