/** What `GET /status` says of the jobs that one replica does for all: reconciliation and the heartbeat. */
import { Type } from 'typebox';
import type { JobName, JobState } from '../db/leader-lock.ts';
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
};
