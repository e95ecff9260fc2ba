/** What the status API says of the service: `GET /status`, `/access`, `/alerts` and `/statistics`. */

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
