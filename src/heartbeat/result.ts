/**
 * What is kept of the heartbeat, as `result` of its row in `jobs`, and the figures that are made of it. A heartbeat that
 * did not arrive keeps the arrival before, so that it is known since when nothing comes.
 */
import type { JobState } from '../db/leader-lock.ts';
import type { Provider } from '../db/schema.ts';

/** The last heartbeat of one interface. */
export interface Beat {
  readonly askedAt: Date;
  /** Of the last one that arrived, with the time from the request to its arrival; null: none has. */
  readonly arrivedAt: Date | null;
  readonly roundTripMs: number | null;
  /** One line; null: it has arrived. */
  readonly error: string | null;
}

/** Those of the interfaces that are asked. */
export type Beats = Readonly<Partial<Record<Provider, Beat>>>;

/** The figures of `GET /status` and `GET /metrics`, over all interfaces that are asked. */
export interface HeartbeatFigures {
  readonly lastAskedAt: Date | null;
  /** Until when all of them arrived. */
  readonly lastArrivedAt: Date | null;
  /** The longest. */
  readonly roundTripMs: number | null;
  readonly failedInRow: number;
  /** Of the last run; null: all of them arrived. */
  readonly error: string | null;
}

/** Returns the figures of the job; null when no run has ended. */
export function heartbeatFigures(job: JobState | undefined): HeartbeatFigures | null {
  if (job === undefined || job.finishedAt === null) return null;
  const beats = Object.values(readBeats(job.result));
  const arrivals = beats.map(({ arrivedAt }) => arrivedAt).filter((arrivedAt) => arrivedAt !== null);
  const roundTrips = beats.map(({ roundTripMs }) => roundTripMs).filter((roundTripMs) => roundTripMs !== null);
  const hasAll = beats.length > 0 && arrivals.length === beats.length;
  return {
    lastAskedAt: timeOf(Math.max(...beats.map(({ askedAt }) => askedAt.getTime()))),
    lastArrivedAt: hasAll ? timeOf(Math.min(...arrivals.map((arrivedAt) => arrivedAt.getTime()))) : null,
    roundTripMs: hasAll ? Math.max(...roundTrips) : null,
    failedInRow: job.failedInRow,
    error: job.error,
  };
}

/** Reads what an earlier run has kept; without what cannot be read. */
export function readBeats(result: JobState['result']): Beats {
  const ecom = beatOf(result?.['resurs-ecom']);
  const mapi = beatOf(result?.['resurs-mapi']);
  return {
    ...(ecom === null ? {} : { 'resurs-ecom': ecom }),
    ...(mapi === null ? {} : { 'resurs-mapi': mapi }),
  };
}

function beatOf(kept: unknown): Beat | null {
  if (typeof kept !== 'object' || kept === null) return null;
  const { askedAt, arrivedAt, roundTripMs, error }: Readonly<Record<string, unknown>> = { ...kept };
  const asked = parseTime(askedAt);
  if (asked === null) return null;
  const arrived = parseTime(arrivedAt);
  const hasArrived = arrived !== null && typeof roundTripMs === 'number';
  return {
    askedAt: asked,
    arrivedAt: hasArrived ? arrived : null,
    roundTripMs: hasArrived ? roundTripMs : null,
    error: typeof error === 'string' ? error : null,
  };
}

function parseTime(kept: unknown): Date | null {
  return typeof kept === 'string' ? timeOf(Date.parse(kept)) : null;
}

function timeOf(ms: number): Date | null {
  return Number.isFinite(ms) ? new Date(ms) : null;
}
