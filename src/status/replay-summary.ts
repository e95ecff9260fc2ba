/** Replays in words: what a request did, or what it would do. */
import type { ReplayCount } from '../deliveries/replay.ts';

/** What the replay of one event did; `delivery` is how its delivery stands now. */
export function summarizeReplay(delivery: string): string {
  return `Put back to be sent again. ${delivery}`;
}

/** What a replay would do. */
export function summarizeDryRun({ count, atLeast }: ReplayCount): string {
  if (count === 0) return 'Nothing would be sent again: no finished delivery matches.';
  return `${atLeast ? 'At least ' : ''}${deliveries(count)} would be sent again. Nothing was changed.`;
}

/** What a replay does that was started. */
export function summarizeReplays({ count, atLeast }: ReplayCount): string {
  if (count === 0) return 'Nothing is sent again: no finished delivery matches.';
  return `${atLeast ? 'At least ' : ''}${deliveries(count)} will be sent again.`;
}

/** Why a replay was not started. */
export function summarizeExcess({ count, atLeast }: ReplayCount): string {
  return `${atLeast ? 'At least ' : ''}${deliveries(count)} ${count === 1 ? 'matches' : 'match'}, more than expected. Nothing is sent again.`;
}

/** A number of deliveries in words. */
export function deliveries(count: number): string {
  return `${count} ${count === 1 ? 'delivery' : 'deliveries'}`;
}
