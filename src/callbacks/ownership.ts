/**
 * Is the order ours? Every order, those whose id matches the operator's expression, those that the shop has registered,
 * or those that it knows when asked. Expressions run in linear time (re2js), because what they are matched against comes
 * from outside. What nobody can tell now is `unknown`: Resurs will come again.
 */
import { RE2JS } from 're2js';
import type { Config } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { createGroup } from '../db/group.ts';
import { databaseFaultOf } from '../errors.ts';
import { unlessAborted } from '../unless-aborted.ts';
import { type Answer, createLookup } from './lookup.ts';
import { areRegistered } from './orders.ts';

export interface Ownership {
  /** Answers within `patienceMs`; rejects only for what nobody foresaw. */
  isOurs(paymentId: string, patienceMs: number): Promise<Answer>;
  close(): Promise<void>;
}

type OwnershipSettings = Pick<
  Config,
  'ORDER_OWNERSHIP' | 'ORDER_PATTERN' | 'ORDER_LOOKUP_URL' | 'ORDER_LOOKUP_TOKEN' | 'ORDER_LOOKUP_TIMEOUT_MS'
>;

/** Callbacks that ask the database together at most. */
const MAX_ASKED_AT_ONCE = 128;
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
      const isRegistered = createGroup<string, boolean>((ids) => areRegistered(db, ids), MAX_ASKED_AT_ONCE);
      return { isOurs: (paymentId, patienceMs) => judge(isRegistered(paymentId), patienceMs), close };
    }
    case 'lookup': {
      const { ORDER_LOOKUP_TOKEN: token, ORDER_LOOKUP_TIMEOUT_MS: timeoutMs } = settings;
      const lookup = createLookup({ url: settings.ORDER_LOOKUP_URL ?? '', token, timeoutMs });
      return { isOurs: lookup.ask, close: lookup.close };
    }
  }
}

async function judge(isRegistered: Promise<boolean>, patienceMs: number): Promise<Answer> {
  try {
    return (await unlessAborted(isRegistered, AbortSignal.timeout(patienceMs))) ? 'ours' : 'not_ours';
  } catch (error) {
    if (databaseFaultOf(error) === 'defect') throw error;
    return 'unknown';
  }
}
