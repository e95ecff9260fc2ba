/** What the routes of the status API need from the service. */
import type { Registry } from '@prometheus-io/client';
import type { MockErrors } from '../callbacks/mock-errors.ts';
import type { Refusals } from '../callbacks/refusals.ts';
import type { Database } from '../db/client.ts';
import type { BreakerState } from '../deliveries/circuit-breaker.ts';
import type { PreviewRequest } from '../deliveries/request-preview.ts';
import type { SimulateCallback } from '../doctor/simulate-callback.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { SecretSources } from '../registrations/secret-usage.ts';
import type { About } from './about.ts';
import type { AccessCheck } from './access.ts';
import type { PaymentReader } from './payment-reader.ts';

export interface StatusContext {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  /** The commit of this program; null where it is unknown. */
  readonly revision: string | null;
  /** What the settings say of the service. */
  readonly about: About;
  /** Milliseconds of Clock.elapsed at which the process started. */
  readonly startedAtMs: number;
  /** Checks the bearer token of a request. */
  readonly checkAccess: AccessCheck;
  /** Null: no webhook is configured. */
  readonly webhookHealth: (() => BreakerState) | null;
  /** Sends the webhook's next probe at once; false when it is not down. */
  probeWebhook(): Promise<boolean>;
  callbacksByResponse(): Readonly<Record<string, number>>;
  readonly refusals: Pick<Refusals, 'list'>;
  /** Null: mocked errors are not allowed. */
  readonly mockErrors: MockErrors | null;
  /** Called when a delivery became due. */
  wakeDispatchers(): void;
  /** Called when a replay of many was started. */
  wakeReplays(): void;
  readonly secrets: SecretSources;
  /** After how many milliseconds Resurs is asked for an order of the Merchant API of which nothing came. */
  readonly reconcileGraceMs: number;
  /** After how many milliseconds callbacks of an order that is not ours are accepted; null: never. */
  readonly rejectionsEndAfterMs: number | null;
  /** Renders the request that the webhook gets. */
  readonly previewRequest: PreviewRequest;
  /** Sends a callback as Resurs would. */
  readonly simulateCallback: SimulateCallback;
  /** Asks Resurs. */
  readonly payments: Pick<PaymentReader, 'read'>;
  /** Whether Resurs is asked for a heartbeat. */
  readonly hasHeartbeat: boolean;
  /** The metrics that Prometheus scrapes. */
  readonly registry: Registry;
}
