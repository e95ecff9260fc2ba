/** What the handlers of both interfaces share: how a callback is received and stored. */
import type { BodyResult } from '../http/read-body.ts';
import type { Recorder } from '../inbox/recorder.ts';
import type { Clock } from '../lib/clock.ts';
import type { OwnershipCheckOptions } from '../ownership/ownership.ts';
import type { MockErrors } from './mock-errors.ts';

/**
 * From the last byte of a callback to its commit. A second below the response's limit of 4 s (docs/protocol.md): hundreds
 * of responses may have to be written at once.
 */
export const RECORD_TIMEOUT_MS = 3_000;

export interface ReceivingOptions extends OwnershipCheckOptions {
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly forwardsTests: boolean;
  readonly dedupeWindowMs: number;
  /** Null: mocked errors are not allowed. */
  readonly mockErrors: Pick<MockErrors, 'take'> | null;
  /** False while the service starts or stops: then nothing is recorded. */
  isAccepting(): boolean;
}

/** The body of a request that has passed the guards. */
export interface InboundBody {
  /** Whether the headers announce a body. */
  readonly hasBody: boolean;
  readBody(): Promise<BodyResult>;
  /** Calls the listener if the client leaves before its response. */
  onAborted(listener: () => void): void;
}
