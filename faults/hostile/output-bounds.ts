/** How much a receiver may log and count, however many requests it refuses. Pure. */
import type { TargetEvidence } from './evidence.ts';

/**
 * Of eCom seven types, `other` and `unknown`, of the Merchant API three kinds, `TEST` and `unknown`, each with the fifteen
 * responses of the table and `mocked`.
 */
const MAX_SERIES = 224;
/**
 * Refused requests may log this many lines a second, however many they are: twenty of each of 23 kinds in five seconds,
 * and three summaries. The kinds are seven responses of eCom, ten of the Merchant API (callback-log.ts; `not_ours_accepted`,
 * `mocked` and `unhandled` do not occur here) and six refusals before a route (refused-requests.ts). An accepted callback
 * logs one line, and one for its delivery.
 */
const REJECTED_LINES_PER_SECOND = 93;
const OTHER_LINES = 200;

/** Names what is more than that. */
export function excessOutput({ legitimate, accepted, logLines, series }: TargetEvidence, seconds: number): string[] {
  const maxLines = 2 * (legitimate.length + accepted.length) + REJECTED_LINES_PER_SECOND * seconds + OTHER_LINES;
  return [
    ...(logLines <= maxLines ? [] : [`${logLines} log lines`]),
    ...(series <= MAX_SERIES ? [] : [`${series} time series of callbacks`]),
  ];
}
