/**
 * Is the order ours? Every order, those whose id matches the operator's expression, those that the shop has registered,
 * or those that it knows when asked. Expressions run in linear time (re2js), because what they are matched against comes
 * from outside. What nobody can tell now is `unknown`: Resurs will come again.
 */
import { RE2JS } from 're2js';
import type { Config } from '../config/settings.ts';
import { createBatcher } from '../db/batcher.ts';
import type { Database } from '../db/client.ts';
import { classifyDatabaseError } from '../db/errors.ts';
import { abortable } from '../lib/abortable.ts';
import { createLookup, type OwnershipVerdict } from './lookup.ts';
import { findRegisteredIds } from './orders.ts';

export interface Ownership {
  /** Answers within `timeoutMs`; rejects only for what nobody foresaw. */
  isOurs(paymentId: string, timeoutMs: number): Promise<OwnershipVerdict>;
  close(): Promise<void>;
}

type OwnershipSettings = Pick<
  Config,
  'ORDER_OWNERSHIP' | 'ORDER_PATTERN' | 'ORDER_LOOKUP_URL' | 'ORDER_LOOKUP_TOKEN' | 'ORDER_LOOKUP_TIMEOUT_MS'
>;

/** Callbacks that ask the database together at most. */
const MAX_BATCH = 128;
const close = async () => undefined;

/** Settings are checked at start, so the expression compiles and the URL is there. */
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
      const lookup = createLookup({ url: settings.ORDER_LOOKUP_URL ?? '', token, timeoutMs });
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
