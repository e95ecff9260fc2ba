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

/** What a replay did; `failed` deliveries were refused by the database. */
export function summarizeReplays({ count, failed }: { readonly count: number; readonly failed: number }): string {
  const refused =
    failed === 0
      ? ''
      : ` The database refused ${deliveries(failed)}, which ${failed === 1 ? 'stays as it was' : 'stay as they were'}.`;
  if (count > 0) return `${deliveries(count)} will be sent again.${refused}`;
  return failed > 0 ? `Nothing is sent again.${refused}` : 'Nothing is sent again: no finished delivery matches.';
}

/** A number of deliveries in words. */
export function deliveries(count: number): string {
  return `${count} ${count === 1 ? 'delivery' : 'deliveries'}`;
}
