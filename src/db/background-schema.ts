/**
 * Row types of the tables that callbacks and deliveries do not use: of reconciliation, alerts, other jobs and erasure. A
 * test compares these columns with the migrated database, as those of schema.ts.
 */
import type { Generated, GeneratedAlways } from 'kysely';

/** What one replica does at a time: who does it, until when, and how it went. */
export interface JobsTable {
  name: string;
  holder: string | null;
  expires_at: Date | null;
  started_at: Date | null;
  finished_at: Date | null;
  succeeded_at: Date | null;
  failed_in_row: Generated<number>;
  error: string | null;
  result: Record<string, unknown> | null;
}

/** Where a search for missed callbacks begins; `resume_at`: where an unfinished one goes on. */
export interface SearchMarksTable {
  environment: string;
  name: string;
  since: Date;
  resume_at: Date | null;
  sequence: Generated<number>;
}

/** Payments of the Merchant API that something may still happen to. */
export interface OpenPaymentsTable {
  payment_id: string;
  first_seen_at: Generated<Date>;
  due_at: Date;
}

/** `last_true_at`: when the rule was last met. `posted_at`: when the last message about the edge was made. */
export interface AlertsTable {
  name: string;
  edge_id: string;
  state: 'firing' | 'resolved';
  severity: 'critical' | 'warning';
  since: Date;
  until: Date | null;
  last_true_at: Date;
  posted_at: Date | null;
  message: string;
  fix: string;
}

/** One message of an edge; `occasion` is firing, resolved, or the day that it goes on. */
export interface AlertPostsTable {
  edge_id: string;
  occasion: string;
  name: string;
  alert: Record<string, unknown>;
  created_at: Date;
  claimed_at: Date | null;
  finished_at: Date | null;
  status: number | null;
  error: string | null;
}

/** A replica whose webhook is down. */
export interface WebhookOutagesTable {
  replica: string;
  since: Date;
  error: string | null;
  seen_at: Date;
}

export interface ErasuresTable {
  id: GeneratedAlways<number>;
  payment_id: string;
  provider: string;
  events: number;
  erased_at: Generated<Date>;
  erased_by: string;
}

/** A replay of many deliveries. `position`: everything until there was done; `up_to`: nothing behind it is part of it. */
export interface ReplaysTable {
  id: string;
  state: Generated<'running' | 'done' | 'stopped'>;
  filter: Record<string, unknown>;
  up_to: number;
  position: Generated<number>;
  count: number;
  at_least: Generated<boolean>;
  replayed: Generated<number>;
  failed: Generated<number>;
  idempotency_key: string | null;
  request_hash: string;
  created_at: Generated<Date>;
  created_by: string;
  finished_at: Date | null;
}

/** What an operator did. */
export interface ActionsTable {
  id: GeneratedAlways<number>;
  at: Generated<Date>;
  action: string;
  operator: string;
  detail: Record<string, unknown>;
}

/** How often something happened in an hour. `name` is a status, a type, an outcome, or the class of a delay. */
export interface HourlyCountsTable {
  hour: Date;
  kind: 'callback' | 'event' | 'delivery' | 'delay';
  name: string;
  count: number;
}

/** The last batch of counts that a process has added. */
export interface CountWritersTable {
  writer: string;
  batch: number;
  written_at: Date;
}

export interface BackgroundSchema {
  count_writers: CountWritersTable;
  replays: ReplaysTable;
  actions: ActionsTable;
  hourly_counts: HourlyCountsTable;
  jobs: JobsTable;
  search_marks: SearchMarksTable;
  open_payments: OpenPaymentsTable;
  alerts: AlertsTable;
  alert_posts: AlertPostsTable;
  webhook_outages: WebhookOutagesTable;
  erasures: ErasuresTable;
}
