/** The event types of the Merchant API's callbacks, by kind and word. Words that are not listed give `other`. Pure. */
import type { MapiKind } from './body.ts';

const EVENT_TYPES = {
  AUTHORIZATION: {
    AUTHORIZED: 'payment.authorized',
    CAPTURED: 'payment.captured',
    FROZEN: 'payment.frozen',
    REJECTED: 'payment.rejected',
    INSPECTION: 'payment.inspection',
    CREDIT_APPROVED: 'payment.credit_approved',
  },
  MANAGEMENT: {
    CAPTURE: 'payment.captured',
    REFUND: 'payment.refunded',
    CANCEL: 'payment.annulled',
    MODIFY_ORDER: 'payment.updated',
  },
  CREDIT_APPLICATION: {
    INSPECTION: 'application.inspection',
    CREDIT_APPROVED: 'application.credit_approved',
    ACCEPTED: 'application.accepted',
    REJECTED: 'application.rejected',
  },
} as const satisfies Record<MapiKind, Readonly<Record<string, string>>>;

type ValueOf<T> = T[keyof T];
type ListedType = { [K in MapiKind]: ValueOf<(typeof EVENT_TYPES)[K]> }[MapiKind];
export type MapiEventType = ListedType | 'payment.other' | 'application.other';

/** Returns the type of the event. Words are exact, in upper case. */
export function mapiEventType(kind: MapiKind, word: string): MapiEventType {
  const types: Readonly<Record<string, MapiEventType>> = EVENT_TYPES[kind];
  if (Object.hasOwn(types, word)) return types[word] ?? 'payment.other';
  return kind === 'CREDIT_APPLICATION' ? 'application.other' : 'payment.other';
}
