/** What the status API says of events and payments. */

export type DeliveryState = 'held' | 'pending' | 'delivering' | 'delivered' | 'dead_letter';

export interface Delivery {
  state: DeliveryState;
  attemptCount: number;
  nextAttemptAt: string | null;
  deliveredAt: string | null;
}

export interface Event {
  id: string;
  sequence: number;
  type: string;
  callback: string;
  provider: 'resurs-ecom' | 'resurs-mapi';
  paymentId: string | null;
  orderReference: string | null;
  result: string | null;
  method: 'GET' | 'POST';
  registeredAt: string | null;
  receivedAt: string;
  parameters: Record<string, string | string[]>;
  missed?: string[];
  erasedAt?: string;
  verified: Record<string, boolean>;
  receipts: { count: number; firstAt: string; lastAt: string };
  delivery: Delivery | null;
  summary: string;
}

export interface Attempt {
  number: number;
  startedAt: string;
  durationMs: number;
  outcome: string;
  status: number | null;
  error: string | null;
  answer: string | null;
}

/** Of `GET /payments/{id}?attempts=true`. */
export interface EventWithAttempts extends Event {
  attempts?: Attempt[];
  attemptsOmitted?: number;
}

/** Of `GET /events/{id}?body=text`. */
export interface EventDetail extends Event {
  attempts: Attempt[];
  applicationId?: string | null;
  change?: unknown;
  payment?: KeptPayment | null;
  paymentError?: string;
  bodyText?: string | null;
  bodyBase64?: string;
  bodyError?: string;
}

export interface Events {
  events: Event[];
  next: string | null;
}

export interface Order {
  state: 'on_hold' | 'may_ship' | 'paid' | 'refunded' | 'cancelled';
  certain: boolean;
}

export interface Payment {
  paymentId: string;
  provider: 'resurs-ecom' | 'resurs-mapi';
  orderReference: string | null;
  otherPaymentIds: string[];
  order: Order | null;
  facts: Record<string, string | null>;
  events: EventWithAttempts[];
  next: string | null;
}

export interface EventWebhook {
  method: 'POST';
  url: string | null;
  headers: Record<string, string>;
  body: string;
  sentAt: string | null;
}

/** What Resurs held of a payment when it was read. */
export interface KeptPayment {
  readAt: string;
  state: string;
  frozen: boolean;
  orderReference: string | null;
  statuses: string[];
  amounts: Record<string, string> | null;
  rejectedReason: string | null;
}

/** Of `GET /payments/{id}/now`. */
export interface PaymentNow {
  paymentId: string;
  provider: 'resurs-ecom' | 'resurs-mapi';
  payment: KeptPayment;
  order: Order & { earlier: string[] };
  earlierError?: string;
}

/** Of `POST /simulated-callbacks`. */
export interface SimulatedCallback {
  callback: 'TEST';
  interface: 'ecom' | 'merchantApi';
  url: string;
  status: number | null;
  durationMs: number;
  eventId: string | null;
  problem: { message: string; fix: string } | null;
}
