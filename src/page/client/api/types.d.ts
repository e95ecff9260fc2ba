/** What the status API answers, as the page uses it. `test/page/api-types.ts` compares it with the API's own schemas. */

export interface Status {
  version: string;
  uptimeSeconds: number;
  environment: 'test' | 'production';
  service: string;
  interfaces: { ecom: boolean; merchantApi: boolean };
  webhookUrl: string | null;
  snapshot: boolean;
  doctor: DoctorRun | null;
  lastCallbackAt: string | null;
  lastDeliveryAt: string | null;
  lastTestAt: string | null;
  callbacks: Record<string, number>;
  deliveries: DeliveryCounts;
  oldestPendingAgeSeconds: number | null;
  nextRetryAt: string | null;
  webhook: Webhook;
  reconciliation: Reconciliation;
  heartbeat: Heartbeat | null;
  registrations: Registration[];
  digestRefusals: { lastHour: number; byType: Record<string, number> };
  secrets: unknown[];
}

/** The last run of the command doctor. */
export interface DoctorRun {
  at: string;
  passed: number;
  warned: number;
  failed: number;
  skipped: number;
  problems: string[];
}

export interface Access {
  access: 'read' | 'write';
}

export interface DeliveryCounts {
  held: number;
  pending: number;
  delivering: number;
  dead_letter: number;
  delivered: number;
  deliveredHours: number;
  atLeast?: boolean;
}

export interface Webhook {
  state: 'up' | 'down' | 'unset';
  lastError: string | null;
  downSince?: string;
  nextProbeAt?: string;
}

export interface Reconciliation {
  lastRunAt: string | null;
  checked: number | null;
  missed: number | null;
  failed: number | null;
  error: string | null;
  failedInRow: number;
  clockDifferenceMs: number | null;
}

export interface Heartbeat {
  lastAskedAt: string | null;
  lastArrivedAt: string | null;
  roundTripMs: number | null;
  failedInRow: number;
  error: string | null;
}

export interface Registration {
  type: string;
  registeredAt: string;
  salt: 'current' | 'older' | 'changed';
  problem: string | null;
}

export interface Alert {
  name: string;
  severity: 'critical' | 'warning';
  state: 'firing' | 'resolved';
  since: string;
  until: string | null;
  message: string;
  fix: string;
}

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

export interface Action {
  at: string;
  action: string;
  by: string;
  detail: Record<string, unknown>;
}

export interface ReplayCount {
  id?: string;
  count: number;
  atLeast?: boolean;
  summary: string;
}

export interface Replay {
  id: string;
  state: 'running' | 'done' | 'stopped';
  count: number;
  atLeast?: boolean;
  replayed: number;
  failed: number;
  createdAt: string;
  finishedAt: string | null;
}

/** Of `GET /replays`. */
export interface ListedReplay extends Replay {
  by: string;
  filter: {
    state?: string;
    type?: string;
    paymentId?: string;
    orderReference?: string;
    provider?: string;
    from?: string;
    to?: string;
    reason?: string;
    ids?: number;
  };
}

export interface DeadLetterReason {
  reason: string;
  count: number;
  oldestAt: string;
  newestAt: string;
  example: string;
  types: Record<string, number>;
}

export interface DeadLetters {
  reasons: DeadLetterReason[];
  other: number;
  count: number;
  atLeast?: boolean;
}

export interface Rejection {
  paymentId: string;
  callback: string;
  firstSeenAt: string;
  lastSeenAt: string;
  count: number;
  nextTryAt: string | null;
  givesUpAt: string | null;
}

export interface Refusal {
  at: string;
  reason: string;
  callback: string | null;
  source: string | null;
}

export interface StatisticsPoint {
  at: string;
  callbacks: Record<string, number>;
  events: Record<string, number>;
  deliveries: { delivered: number; retried: number; dead_letter: number };
  delayMs: { median: number; p95: number } | null;
}

export interface Statistics {
  step: 'hour' | 'day';
  points: StatisticsPoint[];
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
