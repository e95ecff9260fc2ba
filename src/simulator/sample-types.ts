/** One sample callback for each event type; `payment.updated` has one for each kind of change. Pure data. */
import { FACTS, type LifeCallback } from './lives.ts';

export interface SampleType {
  /** The event type that the receiver gives it. */
  readonly type: string;
  /** The kind of change of a `payment.updated`; null for other types. */
  readonly kind: string | null;
  readonly callback: LifeCallback;
}

export const SAMPLE_TYPES: readonly SampleType[] = [
  { type: 'payment.booked', kind: null, callback: FACTS.booked },
  { type: 'payment.frozen', kind: null, callback: FACTS.frozen },
  { type: 'payment.thawed', kind: null, callback: FACTS.thawed },
  { type: 'payment.unfrozen', kind: null, callback: FACTS.unfrozen },
  { type: 'payment.finalized', kind: null, callback: FACTS.finalized },
  { type: 'payment.annulled', kind: null, callback: FACTS.annulled },
  { type: 'payment.updated', kind: 'debit', callback: FACTS.debit },
  { type: 'payment.updated', kind: 'credit', callback: FACTS.credit },
  { type: 'payment.updated', kind: 'annul', callback: FACTS.annul },
  { type: 'payment.updated', kind: 'authorize', callback: FACTS.authorize },
  { type: 'payment.other', kind: null, callback: FACTS.unknown },
  { type: 'account.password_expiring', kind: null, callback: FACTS.passwordExpiring },
  { type: 'callback.test', kind: null, callback: FACTS.test },
];
