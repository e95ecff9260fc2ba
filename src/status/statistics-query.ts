/** The query of `GET /statistics`, parsed to whole steps. Pure. */
import { type Static, Type } from 'typebox';
import { parseIsoTime } from '../lib/iso-time.ts';
import type { CountSpan } from '../operators/count-store.ts';
import { STEPS_MS, type Step } from '../operators/statistics.ts';

const MAX_POINTS = 1_000;
/** Without `from`: the last day by hour, the last 30 days by day. */
const DEFAULT_POINTS: Readonly<Record<Step, number>> = { hour: 24, day: 30 };

export const StatisticsQuery = Type.Object(
  {
    from: Type.Optional(Type.String({ description: 'The step that contains it is the first one' })),
    to: Type.Optional(Type.String({ description: 'Exclusive; the present time if it is missing' })),
    step: Type.Optional(Type.Enum(['hour', 'day'], { default: 'hour', description: 'Both begin by UTC' })),
  },
  { additionalProperties: false },
);

export type StatisticsQueryResult =
  | { readonly outcome: 'read'; readonly step: Step; readonly span: CountSpan }
  | { readonly outcome: 'refused'; readonly field: string; readonly problem: string };

/** Parses the query. `from` is rounded down and `to` up to whole steps, so that each point is complete. */
export function parseStatisticsQuery(query: Static<typeof StatisticsQuery>, nowMs: number): StatisticsQueryResult {
  const from = parseIsoTime(query.from);
  if (from === null) return { outcome: 'refused', field: 'from', problem: 'is not an ISO 8601 date and time' };
  const to = parseIsoTime(query.to);
  if (to === null) return { outcome: 'refused', field: 'to', problem: 'is not an ISO 8601 date and time' };
  const step = query.step ?? 'hour';
  const stepMs = STEPS_MS[step];
  const endMs = to?.getTime() ?? nowMs;
  const toMs = Math.ceil(endMs / stepMs) * stepMs;
  const fromMs = from === undefined ? toMs - DEFAULT_POINTS[step] * stepMs : floorTo(from.getTime(), stepMs);
  if (from !== undefined && from.getTime() >= endMs) {
    const end = to === undefined ? 'now, as to is missing' : 'to';
    return { outcome: 'refused', field: 'from', problem: `must be before ${end}` };
  }
  const points = (toMs - fromMs) / stepMs;
  if (points > MAX_POINTS) return { outcome: 'refused', field: 'from', problem: tooMany(step, points) };
  return { outcome: 'read', step, span: { fromMs, toMs, stepMs } };
}

function floorTo(ms: number, stepMs: number): number {
  return Math.floor(ms / stepMs) * stepMs;
}

function tooMany(step: Step, points: number): string {
  const inDays = Math.ceil((points * STEPS_MS.hour) / STEPS_MS.day);
  const most = `at most ${MAX_POINTS} can be asked for`;
  if (step === 'hour' && inDays < MAX_POINTS) {
    return `and to are ${points} hours apart, and ${most}: use step=day, or a shorter time`;
  }
  return `and to are ${points} ${step}s apart, and ${most}: use a shorter time`;
}
