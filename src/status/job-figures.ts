/** What `GET /status` says of the jobs that one replica does for all: reconciliation and the heartbeat; and of doctor. */
import { Type } from 'typebox';
import type { JobName, JobState } from '../db/leader-lock.ts';
import { type DoctorRun, lastDoctorRun } from '../doctor/last-run.ts';
import { type HeartbeatFigures, heartbeatFigures } from '../heartbeat/result.ts';
import { reconciliationState } from '../reconciliation/outcome.ts';
import type { StatusContext } from './context.ts';
import { NullableInteger, NullableText, NullableTime } from './response-types.ts';

/** Renders the members of the response. Pure. */
export function renderJobs(
  jobs: ReadonlyMap<JobName, JobState>,
  { hasHeartbeat }: Pick<StatusContext, 'hasHeartbeat'>,
) {
  return {
    reconciliation: reconciliationState(jobs.get('reconciliation')),
    heartbeat: hasHeartbeat ? heartbeatFigures(jobs.get('heartbeat')) : null,
    doctor: lastDoctorRun(jobs.get('doctor')),
  };
}

const TIME = { type: ['string', 'null'], format: 'date-time' };

const Reconciliation = Type.Object(
  {
    lastRunAt: NullableTime,
    checked: NullableInteger,
    missed: NullableInteger,
    failed: NullableInteger,
    error: NullableText,
    failedInRow: Type.Integer({ description: 'Runs that failed since the last one that did not' }),
    clockDifferenceMs: Type.Unsafe<number | null>({
      ...NullableInteger,
      description: "How far Resurs' clock is ahead of ours",
    }),
  },
  { description: 'The last run of reconciliation, over all replicas; null where it never ran' },
);

/** The members as schemas. */
export const jobMembers = {
  reconciliation: Reconciliation,
  heartbeat: Type.Unsafe<HeartbeatFigures | null>({
    type: ['object', 'null'],
    description:
      'The last test callback that Resurs was asked for; null: HEARTBEAT_INTERVAL is not set, or no run has ended',
    required: ['lastAskedAt', 'lastArrivedAt', 'roundTripMs', 'failedInRow', 'error'],
    properties: {
      lastAskedAt: TIME,
      lastArrivedAt: TIME,
      roundTripMs: { type: ['integer', 'null'] },
      failedInRow: { type: 'integer', description: 'Runs without an arrival since the last one that arrived' },
      error: { type: ['string', 'null'] },
    },
  }),
  doctor: Type.Unsafe<DoctorRun | null>({
    type: ['object', 'null'],
    description: 'The last run of the command doctor with all its checks; null: it never ran so',
    required: ['at', 'passed', 'warned', 'failed', 'skipped', 'problems'],
    properties: {
      at: { type: 'string', format: 'date-time' },
      passed: { type: 'integer' },
      warned: { type: 'integer' },
      failed: { type: 'integer' },
      skipped: { type: 'integer' },
      problems: {
        type: 'array',
        items: { type: 'string' },
        description: 'The checks that failed, and then those that warned: receiver doctor --only NAME says more',
      },
    },
  }),
};
