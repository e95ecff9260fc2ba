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
  /** UPDATE, or MANAGEMENT with MODIFY_ORDER: the payment changed. `data.change` says how, where Resurs said it. */
  | 'payment.updated'
  /** AUTHORIZATION with AUTHORIZED: Resurs approved the payment. After a FROZEN it means that the freeze is over. */
  | 'payment.authorized'
  /** AUTHORIZATION with CAPTURED, or MANAGEMENT with CAPTURE: an amount was captured. It may be a part of the order. */
  | 'payment.captured'
  /** MANAGEMENT with REFUND: an amount was paid back. It may be a part of the order. */
  | 'payment.refunded'
  /** AUTHORIZATION with REJECTED: Resurs does not approve the payment. */
  | 'payment.rejected'
  /** AUTHORIZATION with INSPECTION: people at Resurs check the payment before they decide. */
  | 'payment.inspection'
  /** AUTHORIZATION with CREDIT_APPROVED: the credit is approved; the payment is not finished. */
  | 'payment.credit_approved'
  /**
   * RECONCILIATION: something happened to the payment of which no callback came; Resurs was asked. `data.missed` says
   * what, `data.payment` what Resurs holds now.
   */
  | 'payment.reconciled'
  /**
   * Any other callback type, a fraud control with another result, or a status or action of the Merchant API that is
   * new.
   */
  | 'payment.other'
  /** CREDIT_APPLICATION with INSPECTION: people at Resurs check the application. */
  | 'application.inspection'
  /** CREDIT_APPLICATION with CREDIT_APPROVED: the credit is approved. */
  | 'application.credit_approved'
  /** CREDIT_APPLICATION with ACCEPTED: the application is accepted. */
  | 'application.accepted'
  /** CREDIT_APPLICATION with REJECTED: the application is rejected. */
  | 'application.rejected'
  /** CREDIT_APPLICATION with another status. */
  | 'application.other'
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
  /** The callback type, in Resurs' words: BOOKED, UNFREEZE, AUTHORIZATION and so on. */
  callback: string;
  /**
   * The payment's id at Resurs: in the eCom API as the shop chose it, in the Merchant API a UUID. Null for TEST,
   * PASSWORD_EXPIRATION and CREDIT_APPLICATION.
   */
  paymentId: string | null;
  /**
   * The shop's reference of the order. In the eCom API it is the payment's id; of the Merchant API it is null where
   * neither the callback's URL nor the payment named it.
   */
  orderReference: string | null;
  /** The id of the application that a CREDIT_APPLICATION is about; only there. */
  applicationId?: string | null;
  /** What the event means for the order; null for an event that is about no order. */
  order: OrderView | null;
  /**
   * FROZEN or THAWED for AUTOMATIC_FRAUD_CONTROL, the status or action of a Merchant API callback, or what else the
   * callback carried as its result.
   */
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
  /** What Resurs held of the payment when it was read for this event; nothing about the customer. */
  payment?: Payment | null;
  /** What was missed, each fact once; only in a `payment.reconciled`. */
  missed?: MissedFact[];
  /**
   * When the content of the event was erased, for a request of a customer; only in a replay after that. Unit: ISO 8601
   * in UTC, with milliseconds.
   */
  erasedAt?: string;
  /** Why `payment` is null: the payment could not be read. One line. */
  paymentError?: string;
  /** What was checked of the callback. */
  verified: Verification;
}

/** Which of Resurs' interfaces the callback came from. */
export type Provider =
  /** The eCom API: simplified flow, hosted flow and Resurs Checkout. */
  | 'resurs-ecom'
  /** The Merchant API 2.0. */
  | 'resurs-mapi'
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
   * All that was debited is credited. Only what Resurs holds of the payment says it: `data.payment`, or `GET
   * /payments/{id}/now`.
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
  /** A `payment.authorized` was stored. */
  | 'authorized'
  /** A `payment.captured` was stored. */
  | 'captured'
  /** A `payment.refunded` was stored. */
  | 'refunded'
  /** A `payment.rejected` was stored. */
  | 'rejected'
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
  /** CAPTURE, of the Merchant API: an amount was captured. */
  | 'capture'
  /** REFUND, of the Merchant API: an amount was paid back. */
  | 'refund'
  /** CANCEL, of the Merchant API: what was still authorised, or a part of it, was given up. */
  | 'cancel'
  /** MODIFY_ORDER, of the Merchant API: the order was changed. */
  | 'modify_order'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** What Resurs held of the payment when it was read for this event; nothing about the customer. */
export interface Payment {
  /** When Resurs was asked. Unit: ISO 8601 in UTC, with milliseconds. */
  readAt: string;
  /** Where the payment is. */
  state: PaymentState;
  /** While it is true, nothing may be shipped. */
  frozen: boolean;
  /** The shop's reference of the order; null where Resurs names none. */
  orderReference: string | null;
  /** The payment's statuses in Resurs' own words. */
  statuses: string[];
  /** The amounts, by what happened to them; null where Resurs names none. */
  amounts: Amounts | null;
  /** Why Resurs rejected it, in Resurs' own word; null where it does not say. */
  rejectedReason: string | null;
}

/** Where the payment is. */
export type PaymentState =
  /** The customer has not finished. */
  | 'pending'
  /** People at Resurs check it before they decide: do not ship. */
  | 'inspection'
  /** Resurs checks it: do not ship. */
  | 'frozen'
  /** It may be shipped. */
  | 'authorized'
  /** A part is captured; the rest may be shipped. */
  | 'partially_captured'
  /** All of it is captured. */
  | 'captured'
  /** All of it was captured, and a part is paid back. */
  | 'partially_refunded'
  /** All that was captured is paid back. */
  | 'refunded'
  /** All of it was given up before it was captured. */
  | 'annulled'
  /** Resurs did not approve it. */
  | 'rejected'
  /** What Resurs says fits none of the others: look at `statuses`. */
  | 'unknown'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** The amounts, by what happened to them; null where Resurs names none. */
export interface Amounts {
  /**
   * What the order ever came to. Unit: the currency's main unit, as a decimal number that is never rounded, with at
   * least two digits behind the point; Resurs does not send the currency.
   */
  total: string;
  /**
   * What may still be captured. Unit: the currency's main unit, as a decimal number that is never rounded, with at
   * least two digits behind the point; Resurs does not send the currency.
   */
  authorized: string;
  /**
   * What was captured. Unit: the currency's main unit, as a decimal number that is never rounded, with at least two
   * digits behind the point; Resurs does not send the currency.
   */
  captured: string;
  /**
   * What was paid back. Unit: the currency's main unit, as a decimal number that is never rounded, with at least two
   * digits behind the point; Resurs does not send the currency.
   */
  refunded: string;
  /**
   * What was given up before it was captured. Unit: the currency's main unit, as a decimal number that is never
   * rounded, with at least two digits behind the point; Resurs does not send the currency.
   */
  annulled: string;
}

/** What happened without a callback. */
export type MissedFact =
  /** The payment exists, and no event of it was stored. */
  | 'booked'
  /** Resurs checks the payment: do not ship. */
  | 'frozen'
  /** The payment was frozen, and is no more. */
  | 'unfrozen'
  /** Resurs approved the payment. */
  | 'authorized'
  /** Resurs did not approve the payment. */
  | 'rejected'
  /** The payment, or a part of it, was debited. */
  | 'finalized'
  /** An amount was captured. It may be a part of the order. */
  | 'captured'
  /** The order was changed. */
  | 'updated'
  /** An amount was paid back. It may be a part of the order. */
  | 'refunded'
  /** An amount was given up. It may be a part of the order: `data.payment` tells. */
  | 'annulled'
  /** Another word: ignore what you do not know. */
  | (string & {});

/** What was checked of the callback. */
export interface Verification {
  /** True if it carried a right digest. False where no salt is configured, and for a TEST without one. */
  digest: boolean;
  /**
   * False if `result` is covered neither by the digest nor by the token of a Merchant API callback, and may be forged:
   * do not ship because of it.
   */
  result: boolean;
  /** True if Basic credentials are configured, and it carried them. */
  basicAuth: boolean;
  /** True if source addresses are configured, and it came from one of them. */
  source: boolean;
  /** True if it came from the Merchant API with the right token in its URL. */
  token: boolean;
  /**
   * True if the payment of a Merchant API callback was found with the shop's own account before it was accepted. It
   * says that the payment exists, not that the callback is right about it.
   */
  api: boolean;
}
