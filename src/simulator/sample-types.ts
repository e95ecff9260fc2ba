/** Sample callbacks for each event type: for each kind of change, and for each interface of Resurs. Pure data. */
import type { LifeCallback } from './life-callback.ts';
import { FACTS } from './lives.ts';

export interface SampleType {
  /** The event type that the receiver gives it. */
  readonly type: string;
  /** The kind of change that it reports; null for others. */
  readonly kind: string | null;
  readonly callback: LifeCallback;
  /** Set where the sample is sent under a name of its own alone, because another one of its type is sent under the type. */
  readonly variant?: string;
}

/** The names under which a sample is sent: its type, `type:kind`, or `type:variant` alone. */
export function sampleNames({ type, kind, variant }: SampleType): readonly [string, ...string[]] {
  if (variant !== undefined) return [`${type}:${variant}`];
  return kind === null ? [type] : [type, `${type}:${kind}`];
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
  { type: 'payment.reconciled', kind: null, callback: FACTS.missedPayment },
  { type: 'payment.other', kind: null, callback: FACTS.unknown },
  { type: 'account.password_expiring', kind: null, callback: FACTS.passwordExpiring },
  { type: 'callback.test', kind: null, callback: FACTS.test },
  { type: 'payment.authorized', kind: null, callback: FACTS.mapiAuthorized },
  { type: 'payment.authorized', kind: null, callback: FACTS.mapiRead, variant: 'payment' },
  { type: 'payment.authorized', kind: null, callback: FACTS.mapiNotRead, variant: 'payment_error' },
  { type: 'payment.frozen', kind: null, callback: FACTS.mapiFrozen, variant: 'mapi' },
  { type: 'payment.rejected', kind: null, callback: FACTS.mapiRejected },
  { type: 'payment.inspection', kind: null, callback: FACTS.mapiInspection },
  { type: 'payment.credit_approved', kind: null, callback: FACTS.mapiCreditApproved },
  { type: 'payment.captured', kind: null, callback: FACTS.mapiCaptured },
  { type: 'payment.captured', kind: 'capture', callback: FACTS.mapiCapture },
  { type: 'payment.refunded', kind: 'refund', callback: FACTS.mapiRefund },
  { type: 'payment.annulled', kind: 'cancel', callback: FACTS.mapiCancel, variant: 'cancel' },
  { type: 'payment.updated', kind: 'modify_order', callback: FACTS.mapiModified, variant: 'modify_order' },
  { type: 'payment.other', kind: null, callback: FACTS.mapiUnknown, variant: 'mapi' },
  { type: 'application.inspection', kind: null, callback: FACTS.applicationInspection },
  { type: 'application.credit_approved', kind: null, callback: FACTS.applicationApproved },
  { type: 'application.accepted', kind: null, callback: FACTS.applicationAccepted },
  { type: 'application.rejected', kind: null, callback: FACTS.applicationRejected },
  { type: 'application.other', kind: null, callback: FACTS.applicationUnknown },
];
