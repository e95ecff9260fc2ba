/**
 * The event that resurs-callback-receiver sends to a shop's webhook. Copy this file into the shop. It is generated from the
 * receiver's own schema: do not change it, take the new one. Later versions may add members and words: ignore those that
 * you do not know.
 */

/** One event, as the webhook receives it. */
export interface WebhookEvent {
  /** `evt_` and a UUID: the id of the event, and the header `webhook-id`. The same on every attempt and replay. */
  id: string;
  /** What happened. */
  type: EventType;
  /** The same as `data.receivedAt`. Unit: ISO 8601 in UTC, with milliseconds. */
  timestamp: string;
  /** Which Resurs the event comes from. */
  environment: Environment;
  /** The callback, and what it means. */
  data: EventData;
}

/** What happened. */
export type EventType =
  /**
   * BOOKED: the payment exists at Resurs. It may be frozen; the event says neither that it may be shipped nor that it
   * is paid.
   */
  | 'payment.booked'
  /** AUTOMATIC_FRAUD_CONTROL with the result FROZEN: people at Resurs check the payment, perhaps for days. */
  | 'payment.frozen'
  /** AUTOMATIC_FRAUD_CONTROL with the result THAWED: the automatic fraud control found nothing. */
  | 'payment.thawed'
  /** UNFREEZE: people at Resurs checked a frozen payment and approved it. A payment that is not frozen gets none. */
  | 'payment.unfrozen'
  /** FINALIZATION: Resurs debited the payment by itself. A debit by the shop is an UPDATE. */
  | 'payment.finalized'
  /** ANNULMENT: the whole payment was annulled. A partial annulment is an UPDATE. */
  | 'payment.annulled'
  /** UPDATE: the payment changed. `data.change` says how, where Resurs said it. */
  | 'payment.updated'
  /** Any other callback type, or a fraud control with another result. */
  | 'payment.other'
  /** TEST: sent on request, by the operator or by `doctor`. It is about no order. */
  | 'callback.test'
  /** PASSWORD_EXPIRATION: the password of the account at Resurs expires soon. */
  | 'account.password_expiring'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** Which Resurs the event comes from. */
export type Environment =
  /** Resurs' test environment: no real money. */
  | 'test'
  /** Real orders and real money. */
  | 'production'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** The callback, and what it means. */
export interface EventData {
  /**
   * Grows with each event that is stored; gaps are normal. It is the order of storing, not of happening. 0 in the ping
   * of `doctor`.
   */
  sequence: number;
  /** Which of Resurs' interfaces the callback came from. */
  provider: Provider;
  /** The callback type, in Resurs' words: BOOKED, UNFREEZE and so on. */
  callback: string;
  /** The payment's id at Resurs, as the shop chose it; null for TEST and PASSWORD_EXPIRATION. */
  paymentId: string | null;
  /** The shop's reference of the order; in the eCom API it is the payment's id. */
  orderReference: string | null;
  /** What the event means for the order; null for an event that is about no order. */
  order: OrderView | null;
  /** FROZEN or THAWED for AUTOMATIC_FRAUD_CONTROL, or what else the callback carried as its result. */
  result: string | null;
  /** The HTTP method of the callback: GET or POST. */
  method: string;
  /**
   * When the callback's URL was registered at Resurs, if the URL tells; not a date of the order. Unit: ISO 8601 in UTC,
   * with milliseconds.
   */
  registeredAt: string | null;
  /**
   * When this service received the callback. Resurs does not send when it happened. Unit: ISO 8601 in UTC, with
   * milliseconds.
   */
  receivedAt: string;
  /**
   * What else the callback's URL carried, without the digest: param1 to param5 for TEST, identifier for
   * PASSWORD_EXPIRATION. A name that came more than once has a list.
   */
  parameters: Record<string, string | string[]>;
  /** The JSON that Resurs sent, as it was sent; null without a body, or where `bodyError` is there. */
  body: unknown;
  /** The body as text; only where it is text but not JSON that all parsers read alike. */
  bodyText?: string;
  /** The body as bytes; only where it is not UTF-8. Unit: base64. */
  bodyBase64?: string;
  /** Why `body` is null although there was one; only with `bodyText` or `bodyBase64`. */
  bodyError?: string;
  /** What changed: only in a `payment.updated` for which Resurs said it; else absent. */
  change?: PaymentChange;
  /** What was checked of the callback. */
  verified: Verification;
}

/** Which of Resurs' interfaces the callback came from. */
export type Provider =
  /** The eCom API: simplified flow, hosted flow and Resurs Checkout. */
  | 'resurs-ecom'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** What the event means for the order; null for an event that is about no order. */
export interface OrderView {
  /** What to do with the order. Treat a state that you do not know as `on_hold`, not certain. */
  state: OrderState;
  /**
   * False where facts contradict each other, may be late or do not say enough. Then ask Resurs before shipping or
   * crediting.
   */
  certain: boolean;
  /**
   * What was stored of the payment before this event, each fact once, the last one at the end. Empty for the first
   * event.
   */
  earlier: Fact[];
}

/** What to do with the order. Treat a state that you do not know as `on_hold`, not certain. */
export type OrderState =
  /** Do not ship: Resurs has not approved the payment, or checks it. */
  | 'on_hold'
  /** Resurs approved the payment, and it is not debited in full: ship, if `certain` is true. */
  | 'may_ship'
  /** The payment is debited, by Resurs or by the shop: ship, if that has not been done. */
  | 'paid'
  /** All of it was annulled: do not ship. */
  | 'cancelled'
  /**
   * All that was debited is credited. Only the answer of `GET /payments/{id}/now` says it; a later version may send it
   * with an event.
   */
  | 'refunded'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** What was stored of a payment. */
export type Fact =
  /** A `payment.booked` was stored. */
  | 'booked'
  /** A `payment.frozen` was stored. */
  | 'frozen'
  /** A `payment.thawed` was stored. */
  | 'thawed'
  /** A `payment.unfrozen` was stored. */
  | 'unfrozen'
  /** A `payment.finalized` was stored. */
  | 'finalized'
  /** A `payment.annulled` was stored. */
  | 'annulled'
  /** A `payment.updated` was stored. */
  | 'updated'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** What changed: only in a `payment.updated` for which Resurs said it; else absent. */
export interface PaymentChange {
  /** The kind of change: Resurs' word in lower case. */
  kind: ChangeKind | null;
  /** The id of the change at Resurs. Where it is null, it identifies nothing. */
  transactionId: string | null;
  /** When the change was made at Resurs. Unit: ISO 8601 in UTC, with milliseconds. */
  createdAt: string | null;
  /** The user at Resurs who made the change. */
  createdBy: string | null;
  /**
   * The amount of the change. `kind` tells its direction; the amount itself is at least zero by Resurs' type. Resurs'
   * pages contradict each other about VAT: by the type it is included, in the samples of UPDATE it is not. Unit: the
   * currency's main unit, with decimals: 25.5 is 25 kronor and 50 öre. Resurs does not send the currency.
   */
  totalAmount: number | null;
  /** The VAT of the change. Unit: as for `totalAmount`. */
  totalVatAmount: number | null;
  /** The shop's order number, as it gave it for this change. */
  orderId: string | null;
  /** The shop's invoice number, as it gave it for this change. */
  invoiceId: string | null;
}

/** The kind of change: Resurs' word in lower case. */
export type ChangeKind =
  /** AUTHORIZE: an amount was reserved, at the booking or by an additional debit. */
  | 'authorize'
  /** DEBIT: an amount was debited; when the shop does it, as a rule when it ships. */
  | 'debit'
  /** CREDIT: an amount that was debited was paid back. */
  | 'credit'
  /** ANNUL: a reserved amount was given up. */
  | 'annul'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** What was checked of the callback. */
export interface Verification {
  /** True if it carried a right digest. False where no salt is configured, and for a TEST without one. */
  digest: boolean;
  /** False if `result` is not covered by the digest and may be forged: do not ship because of it. */
  result: boolean;
  /** True if Basic credentials are configured, and it carried them. */
  basicAuth: boolean;
  /** True if source addresses are configured, and it came from one of them. */
  source: boolean;
}
