/**
 * Holds claims whose event is still without its snapshot: the payment is read, the snapshot is kept with the event, and
 * only then the claim may get a slot. So nothing is sent that is not kept, and every attempt sends the same.
 *
 * A held claim takes no slot and uses no try. It is renewed while it waits, and dropped when another process has taken
 * it. The order of a payment's events stays, because the next one is blocked by the claim.
 */
import type { StoredEvent } from '../events/event.ts';
import { publicId } from '../events/public-id.ts';
import type { Logger } from '../lib/logger.ts';
import type { Snapshot } from '../payments/snapshot.ts';
import type { Claim, ClaimRef } from './claim.ts';
import { createRenewal, type HeldClaim } from './held-claims.ts';
import { keepSnapshot } from './keep-snapshot.ts';
import type { KeptSnapshot, SnapshotStore } from './snapshot-store.ts';

/** Reads what Resurs holds of payments. Its creator decides whom it asks, and how often. */
export interface SnapshotReader {
  /** Whether the event is to be sent with a snapshot. */
  wants(event: StoredEvent): boolean;
  /** Resolves within bounded time, also when Resurs does not answer; null as soon as `signal` fires. Never rejects. */
  read(event: StoredEvent, signal: AbortSignal): Promise<Snapshot | null>;
  /** How many more events may come now; 0 while those that came have to wait. */
  room(): number;
}

export interface SnapshotStageOptions {
  readonly reader: SnapshotReader;
  readonly store: SnapshotStore;
  /** Well below the lease of a claim. */
  readonly renewEveryMs: number;
  readonly logger: Logger;
  /** The event of this claim has its snapshot. `isProbe`: as it was held. */
  onReady(claim: Claim, isProbe: boolean): void;
  /** The claim is not to be sent from here: the stage was stopped. */
  onReturned(claim: Claim): void;
  /** There may be room again. */
  onLeft(): void;
}

export interface SnapshotStage {
  /** Holds the claims that need a snapshot first, and returns the others, in their order. */
  hold(claims: readonly Claim[], isProbe: boolean): readonly Claim[];
  /** Whether this very claim is held here. */
  holds(claim: ClaimRef): boolean;
  /** How many more claims may be made now. */
  room(): number;
  /** How many probes of a webhook that is down are held. */
  probes(): number;
  /** Ends all reads and returns the claims. Resolves when no statement of this stage runs any more. */
  stop(): Promise<void>;
}

/** The stage without a reader: nothing is held. */
export const NO_SNAPSHOTS: SnapshotStage = {
  hold: (claims) => claims,
  holds: () => false,
  room: () => Number.POSITIVE_INFINITY,
  probes: () => 0,
  stop: async () => undefined,
};

/** Creates the stage without claims. */
export function createSnapshotStage(options: SnapshotStageOptions): SnapshotStage {
  const held = new Map<HeldClaim, Promise<void>>();
  const renewal = createRenewal({ ...options, held: () => [...held.keys()] });
  let isStopped = false;
  return {
    hold: (claims, isProbe) =>
      claims.filter((claim) => {
        if (!needsSnapshot(claim, options.reader)) return true;
        const one: HeldClaim = { claim, isProbe, abort: new AbortController(), isLost: false };
        if (isStopped) one.abort.abort();
        const done = complete(one, options).finally(() => {
          held.delete(one);
          options.onLeft();
        });
        held.set(one, done);
        renewal.start();
        return false;
      }),
    holds: ({ sequence, token }) =>
      [...held.keys()].some(({ claim }) => claim.sequence === sequence && claim.token === token),
    room: options.reader.room,
    probes: () => [...held.keys()].filter(({ isProbe }) => isProbe).length,
    async stop() {
      isStopped = true;
      for (const { abort } of held.keys()) abort.abort();
      while (held.size > 0) await Promise.all(held.values());
      await renewal.stop();
    },
  };
}

/** Not once a request may have reached the merchant without one: all attempts have to be the same. */
function needsSnapshot({ event, attempt, abandonedInRow }: Claim, reader: SnapshotReader): boolean {
  return event.snapshot === null && abandonedInRow === attempt - 1 && reader.wants(event);
}

async function complete(one: HeldClaim, options: SnapshotStageOptions): Promise<void> {
  const { claim, isProbe, abort } = one;
  const snapshot = await options.reader.read(claim.event, abort.signal);
  const keeping = snapshot === null ? STOPPED : await keepSnapshot(options.store, { claim, snapshot }, abort.signal);
  if (one.isLost) return;
  switch (keeping.outcome) {
    case 'kept':
      return options.onReady(withSnapshot(claim, keeping.kept), isProbe);
    case 'stopped':
      return options.onReturned(claim);
    case 'lost':
      return;
    case 'refused':
      // Not released: it would be read again at once, for ever. The claim expires, and the rescue paces what follows.
      options.logger.error({ event: 'snapshot.not_kept', eventId: publicId(claim.eventId), reason: keeping.reason });
  }
}

const STOPPED = { outcome: 'stopped' } as const;

function withSnapshot(claim: Claim, { snapshot, orderReference }: KeptSnapshot): Claim {
  const { event } = claim;
  const reference = event.provider === 'resurs-ecom' ? event.orderReference : orderReference;
  return { ...claim, event: { ...event, snapshot, orderReference: reference } };
}
