/** Keeps a snapshot that was read, whatever the database does meanwhile: Resurs is not asked again for that. */
import { setTimeout } from 'node:timers/promises';
import { classifyDatabaseError } from '../db/errors.ts';
import { errorSummary } from '../lib/errors.ts';
import { failedSnapshot } from '../payments/snapshot.ts';
import type { KeptSnapshot, NewSnapshot, SnapshotStore } from './snapshot-store.ts';

/** `lost`: another process has the delivery. `refused`: the database would refuse it again. */
export type Keeping =
  | { readonly outcome: 'kept'; readonly kept: KeptSnapshot }
  | { readonly outcome: 'lost' | 'stopped' }
  | { readonly outcome: 'refused'; readonly reason: string };

const AGAIN_MS = 250;
const NOT_STORABLE = failedSnapshot('The database could not keep what Resurs answered.');

/** Tries until it is known what came of it, or `signal` fires. A snapshot that no row can hold is replaced. */
export async function keepSnapshot(
  store: Pick<SnapshotStore, 'save'>,
  { claim, snapshot: read }: NewSnapshot,
  signal: AbortSignal,
): Promise<Keeping> {
  let snapshot = read;
  for (;;) {
    try {
      const kept = await store.save({ claim, snapshot });
      return kept === null ? { outcome: 'lost' } : { outcome: 'kept', kept };
    } catch (error) {
      if (signal.aborted) return { outcome: 'stopped' };
      const kind = classifyDatabaseError(error);
      if (kind === 'defect' || (kind === 'bad_row' && snapshot === NOT_STORABLE)) {
        return { outcome: 'refused', reason: errorSummary(error) };
      }
      if (kind === 'bad_row') snapshot = NOT_STORABLE;
      else await setTimeout(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
