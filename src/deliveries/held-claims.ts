/** Claims that wait for the snapshot of their event, and their renewal: a claim is valid for a lease only. */
import type { Claim } from './claim.ts';
import type { SnapshotStore } from './snapshot-store.ts';

export interface HeldClaim {
  readonly claim: Claim;
  /** It was made while the webhook was down. */
  readonly isProbe: boolean;
  /** Ends what it waits for. */
  readonly abort: AbortController;
  /** Another process has the delivery. */
  isLost: boolean;
}

export interface RenewalOptions {
  readonly store: Pick<SnapshotStore, 'renew'>;
  /** Well below the lease of a claim. */
  readonly renewEveryMs: number;
  /** The claims that are held now. */
  held(): readonly HeldClaim[];
}

export interface Renewal {
  /** Renews from now on, as long as any claim is held. */
  start(): void;
  /** Resolves when no statement of it runs any more. */
  stop(): Promise<void>;
}

/** Creates it without a timer. A claim that is no longer ours is marked as lost, and what it waits for ends. */
export function createRenewal({ store, renewEveryMs, held }: RenewalOptions): Renewal {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function renew(): Promise<void> {
    const all = held();
    // Without an answer of the database they may still be ours; it is asked again in time.
    const ours = all.length === 0 ? null : await store.renew(all.map(({ claim }) => claim)).catch(() => null);
    for (const one of ours === null ? [] : all) if (!ours?.has(one.claim)) lose(one);
    timer = undefined;
    if (held().length > 0) start();
  }

  function start(): void {
    if (isStopped) return;
    timer ??= setTimeout(() => {
      running = renew();
    }, renewEveryMs);
  }

  return {
    start,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** One that was settled meanwhile is no longer held, so nothing follows from it. */
function lose(one: HeldClaim): void {
  one.isLost = true;
  one.abort.abort();
}
