/** What the routes of the status API need from the service. */
import type { Registry } from '@prometheus-io/client';
import type { Database } from '../db/client.ts';
import type { BreakerState } from '../deliveries/circuit-breaker.ts';
import type { Clock } from '../lib/clock.ts';
import type { SecretSources } from '../registrations/secret-usage.ts';

export interface StatusContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly version: string;
  /** Milliseconds of Clock.elapsed at which the process started. */
  readonly startedAtMs: number;
  verifyToken(given: string): boolean;
  /** Null: no webhook is configured. */
  readonly webhookHealth: (() => BreakerState) | null;
  callbacksByResponse(): Readonly<Record<string, number>>;
  /** Called when a delivery became due. */
  wakeDispatcher(): void;
  readonly secrets: SecretSources;
  /** The metrics that Prometheus scrapes. */
  readonly registry: Registry;
}
