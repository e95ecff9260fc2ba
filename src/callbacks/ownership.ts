/**
 * Is the order ours? `any` says yes to every order; `pattern` matches the whole paymentId against the operator's
 * expression. The expression runs in linear time (re2js), because what it is matched against comes from outside.
 */
import { RE2JS } from 're2js';
import type { Config } from '../config/settings.ts';

export type Ownership = (paymentId: string) => Promise<'ours' | 'not_ours'>;

/** Settings are checked at start, so the expression compiles. */
export function createOwnership(settings: Pick<Config, 'ORDER_OWNERSHIP' | 'ORDER_PATTERN'>): Ownership {
  switch (settings.ORDER_OWNERSHIP) {
    case 'any':
      return async () => 'ours';
    case 'pattern': {
      const pattern = RE2JS.compile(settings.ORDER_PATTERN ?? '');
      return async (paymentId) => (pattern.matches(paymentId) ? 'ours' : 'not_ours');
    }
  }
}
