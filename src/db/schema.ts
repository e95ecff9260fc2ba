/**
 * Row types of the tables in migrations/, as `pg` returns them with this project's type parsers (see client.ts):
 * bigint as number, timestamptz as Date, json parsed. A test compares these columns with the migrated database.
 */
import type { Generated, GeneratedAlways } from 'kysely';
import type { BackgroundSchema } from './background-schema.ts';

/** State of a delivery: pending → delivering → delivered, back to pending for a retry, or dead_letter. */
export type DeliveryState = 'pending' | 'delivering' | 'delivered' | 'dead_letter';

/** Outcomes of one request to the merchant; docs/operations.md describes each. */
export const ATTEMPT_OUTCOMES = ['accepted', 'refused', 'unreachable', 'timed_out', 'abandoned'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];

/** The checks that the callback passed; a check that is not configured is false. */
export interface Verification {
  readonly digest: boolean;
  readonly result: boolean;
  readonly basicAuth: boolean;
  readonly source: boolean;
  /** Of callbacks of the Merchant API only; missing in rows of eCom callbacks. */
  readonly token?: boolean;
  readonly api?: boolean;
}

/** The interfaces of Resurs that callbacks come from. */
export const PROVIDERS = ['resurs-ecom', 'resurs-mapi'] as const;
export type Provider = (typeof PROVIDERS)[number];

/**
 * `order_state` and what follows say what the event means for its order; `earlier_facts` are names, separated by commas.
 * All three are null for an event without a payment, and in rows of an earlier version. `provider` and `order_reference`
 * are null in eCom events, whose order's reference is their `payment_id`. `missed` is there in events of reconciliation
 * alone. `snapshot` may be written later, once; an erasure sets `erased_at` and clears what was in the callback.
 */
export interface EventsTable {
  sequence: GeneratedAlways<number>;
  id: string;
  payment_key: string;
  payment_id: string | null;
  callback: string;
  type: string;
  result: string | null;
  method: 'GET' | 'POST';
  parameters: Record<string, string | string[]>;
  body: Buffer | null;
  registered_at: Date | null;
  received_at: Date;
  verified: Verification;
  order_state: string | null;
  order_certain: boolean | null;
  earlier_facts: string | null;
  provider: 'resurs-mapi' | null;
  order_reference: string | null;
  snapshot: Record<string, unknown> | null;
  missed: Record<string, unknown> | null;
  erased_at: Date | null;
}

export interface IdentitiesTable {
  payment_key: string;
  key: string;
  event_id: string;
  expires_at: Date;
}

export interface ReceiptsTable {
  event_id: string;
  count: number;
  last_at: Date;
}

export interface OutboxTable {
  sequence: number;
  payment_key: string;
  replayed: Generated<boolean>;
  state: Generated<'blocked' | 'pending' | 'delivering'>;
  attempt_count: Generated<number>;
  tries_used: Generated<number>;
  abandoned_in_row: Generated<number>;
  wake_at: Date | null;
  claim_token: string | null;
  claimed_at: Date | null;
  turn: GeneratedAlways<number>;
}

export interface DeliveriesTable {
  sequence: number;
  state: 'delivered' | 'dead_letter';
  attempt_count: number;
  tries_used: number;
  finished_at: Date;
  first_started_at: Date | null;
  first_duration_ms: number | null;
  first_outcome: AttemptOutcome | null;
  first_status: number | null;
  first_error: string | null;
  first_answer: string | null;
}

/** `given_up_at` is null in rows of an earlier version. */
export interface DeadLettersTable {
  sequence: number;
  given_up_at: Date | null;
}

export interface AttemptsTable {
  sequence: number;
  number: number;
  started_at: Date;
  duration_ms: number;
  outcome: AttemptOutcome;
  status: number | null;
  error: string | null;
  answer: string | null;
}

/**
 * The last three are of orders that are paid with the Merchant API: there `payment_id` is the shop's reference, and
 * `due_at` is when Resurs is asked for it next; null: no more.
 */
export interface OrdersTable {
  payment_id: string;
  registered_at: Generated<Date>;
  provider: 'resurs-mapi' | null;
  payment_reference: string | null;
  due_at: Date | null;
}

export interface RejectionsTable {
  payment_id: string;
  callback: string;
  first_seen_at: Date;
  last_seen_at: Date;
  count: number;
}

/** Always empty: only `probe_storing_v1` writes it, and takes its rows back. */
export interface StorageProbeTable {
  filler: string;
}

export interface FingerprintSaltsTable {
  id: Generated<number>;
  bytes: Buffer;
}

export interface RegisteredSaltsTable {
  environment: string;
  callback: string;
  registered_at: number;
  algorithm: 'sha1' | 'md5' | null;
  secret_kind: 'digest_key' | 'digest_salt' | null;
  fingerprint: string | null;
  basic_fingerprint: string | null;
}

export interface SecretUsesTable {
  secret_kind: string;
  fingerprint: string;
  previous_since: Date | null;
  last_used_at: Date | null;
}

export interface DigestRefusalsTable {
  minute: Date;
  callback: string;
  count: number;
}

export interface Schema extends BackgroundSchema {
  events: EventsTable;
  identities: IdentitiesTable;
  receipts: ReceiptsTable;
  outbox: OutboxTable;
  deliveries: DeliveriesTable;
  dead_letters: DeadLettersTable;
  attempts: AttemptsTable;
  orders: OrdersTable;
  rejections: RejectionsTable;
  storage_probe: StorageProbeTable;
  fingerprint_salts: FingerprintSaltsTable;
  registered_salts: RegisteredSaltsTable;
  secret_uses: SecretUsesTable;
  digest_refusals: DigestRefusalsTable;
}
