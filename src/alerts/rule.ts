/** What a rule of the alerts is, and what rules share. Pure. */
import type { Config } from '../config/settings.ts';
import type { JobState } from '../db/leader-lock.ts';
import { printable } from '../lib/printable.ts';
import type { Observations } from './observations.ts';

export type RuleSettings = Pick<
  Config,
  'WEBHOOK_URL' | 'SILENCE_HOURS' | 'RECONCILE_INTERVAL' | 'HEARTBEAT_INTERVAL' | 'RESURS_USERNAME' | 'PUBLIC_URL'
>;

export interface Given {
  readonly seen: Observations;
  readonly settings: RuleSettings;
  readonly now: Date;
}

/** The message and the fix of an alert that is true; null: it is not. */
export type Rule = (given: Given) => readonly [message: string, fix: string] | null;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const FAILURES_IN_ROW = 2;

/** Whether a URL is one whose certificate can be looked at. */
export function isHttps(url: string | null): url is string {
  return url !== null && URL.parse(url)?.protocol === 'https:';
}

/** Whether the last two runs of the job failed. */
export function hasFailed(job: JobState | undefined): job is JobState {
  return job !== undefined && job.failedInRow >= FAILURES_IN_ROW;
}

/** Why the last run failed, as a sentence; empty when it is not known. */
export function reasonOf({ error }: JobState): string {
  return error === null ? '' : ` The reason: ${printable(error).replace(/\.$/, '')}.`;
}

/** What a daily check has found; null: nothing, or it never ran. */
export function problemOf(job: JobState | undefined): string | null {
  return textOf(job, 'problem');
}

/** A text that a job has left; null: none. */
export function textOf(job: JobState | undefined, member: 'problem' | 'fix'): string | null {
  const value = job?.result?.[member];
  return typeof value === 'string' ? value : null;
}

/** Milliseconds between the two. */
export function ageMs(time: Date, now: Date): number {
  return now.getTime() - time.getTime();
}

/** As people write it, to the minute. */
export function timeOf(time: Date): string {
  return `${time.toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length).replace('T', ' ')} UTC`;
}
