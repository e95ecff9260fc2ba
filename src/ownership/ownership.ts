/**
 * Decides whether an order is ours. `any` accepts every order; `pattern` those whose id matches the operator's
 * expression; `registered` those that the shop has registered; `lookup` those that the shop confirms when asked.
 * Expressions run in linear time (re2js), because the ids they are matched against come from outside.
 *
 * With a grace period an order that is not ours is rejected for a while before it is accepted, so that a callback which
 * arrives before the shop has stored its order is not lost.
 */
import { RE2JS } from 're2js';
import type { Config } from '../config/settings.ts';
import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { classifyDatabaseError } from '../db/errors.ts';
import { abortable } from '../lib/abortable.ts';
import type { ProxySettings } from '../outbound/proxies.ts';
import { createLookup, type OwnershipVerdict } from './lookup.ts';
import { findRegisteredIds } from './orders.ts';
import type { Rejection } from './rejections.ts';

export interface Ownership {
  /**
   * Returns `unknown` if it cannot decide within `timeoutMs`; Resurs will retry. Rejects only for unexpected errors.
   */
  isOurs(paymentId: string, timeoutMs: number): Promise<OwnershipVerdict>;
  close(): Promise<void>;
}

type OwnershipSettings = Pick<
  Config,
  'ORDER_OWNERSHIP' | 'ORDER_PATTERN' | 'ORDER_LOOKUP_URL' | 'ORDER_LOOKUP_TOKEN' | 'ORDER_LOOKUP_TIMEOUT_MS'
> &
  ProxySettings;

/** Most callbacks that share one query. */
const MAX_BATCH = 128;
const close = async () => undefined;

/** Creates the check. Settings are validated at startup, so the expression compiles and the URL is set. */
export function createOwnership(settings: OwnershipSettings, db: Database): Ownership {
  switch (settings.ORDER_OWNERSHIP) {
    case 'any':
      return { isOurs: async () => 'ours', close };
    case 'pattern': {
      const pattern = RE2JS.compile(settings.ORDER_PATTERN ?? '');
      return { isOurs: async (paymentId) => (pattern.matches(paymentId) ? 'ours' : 'not_ours'), close };
    }
    case 'registered': {
      const isRegistered = createBatcher<string, boolean>((ids) => findRegisteredIds(db, ids), MAX_BATCH);
      return { isOurs: (paymentId, timeoutMs) => registeredVerdict(isRegistered(paymentId), timeoutMs), close };
    }
    case 'lookup': {
      const { ORDER_LOOKUP_TOKEN: token, ORDER_LOOKUP_TIMEOUT_MS: timeoutMs } = settings;
      const lookup = createLookup({ url: settings.ORDER_LOOKUP_URL ?? '', token, timeoutMs, proxies: settings });
      return { isOurs: lookup.lookUp, close: lookup.close };
    }
  }
}

async function registeredVerdict(isRegistered: Promise<boolean>, timeoutMs: number): Promise<OwnershipVerdict> {
  try {
    return (await abortable(isRegistered, AbortSignal.timeout(timeoutMs))) ? 'ours' : 'not_ours';
  } catch (error) {
    if (classifyDatabaseError(error) === 'defect') throw error;
    return 'unknown';
  }
}

export interface OwnershipCheckOptions {
  readonly ownership: Pick<Ownership, 'isOurs'>;
  /** Records a callback whose order is not ours. Returns for how long it has been rejected (ms), or null if unknown. */
  recordRejection(rejection: Rejection, timeoutMs: number): Promise<number | null>;
  /** Whether orders that are not ours are accepted in the end. */
  readonly acceptsRejected: boolean;
  /** How long an order is rejected before it is accepted, in milliseconds. */
  readonly rejectionGraceMs: number;
  /** A clock that never steps, in milliseconds. */
  readonly clock: { elapsed(): number };
}

/** `unknown`: it could not be decided in time; Resurs will retry. `reason` is for the log. */
export type OwnershipResult =
  | { readonly outcome: 'ours' | 'not_ours' | 'not_ours_accepted' }
  | { readonly outcome: 'unknown'; readonly reason: string };

/** Checks one callback's order. Takes no longer than `timeoutMs`; rejects only for unexpected errors. */
export async function checkOwnership(
  { paymentId, callback }: { readonly paymentId: string; readonly callback: string },
  options: OwnershipCheckOptions,
  timeoutMs: number,
): Promise<OwnershipResult> {
  const startedAtMs = options.clock.elapsed();
  const verdict = await options.ownership.isOurs(paymentId, timeoutMs);
  if (verdict === 'ours') return { outcome: 'ours' };
  if (verdict === 'unknown') return { outcome: 'unknown', reason: 'ownership could not be determined' };

  const remainingMs = Math.max(0, Math.floor(timeoutMs - (options.clock.elapsed() - startedAtMs)));
  const rejectedForMs = await options.recordRejection({ paymentId, callback }, remainingMs);
  if (!options.acceptsRejected) return { outcome: 'not_ours' };
  if (options.rejectionGraceMs === 0) return { outcome: 'not_ours_accepted' };
  // Without the time of its first rejection, the order's grace period cannot be measured.
  if (rejectedForMs === null) return { outcome: 'unknown', reason: 'the rejection could not be recorded' };
  return { outcome: rejectedForMs < options.rejectionGraceMs ? 'not_ours' : 'not_ours_accepted' };
}
