/** The event that must be stored for an authenticated callback: derived by the sender, not by the receiver's code. */
import type { Provider } from '../../src/db/schema.ts';

export interface ExpectedEvent {
  readonly provider: Provider;
  /** Unique in a run. An application has its key here, and a test of the Merchant API its parameter `test`. */
  readonly paymentId: string;
  /** Of the Merchant API alone. */
  readonly orderReference: string | null;
  /** In upper case. */
  readonly callback: string;
  readonly result: string | null;
  readonly method: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** SHA-256 in hex; null when there is no body. */
  readonly body: string | null;
  /** ISO 8601. */
  readonly registeredAt: string | null;
}

/** Renders equal events as equal texts, with sorted parameter names. */
export function canonicalText({ parameters, ...event }: ExpectedEvent): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    event.provider,
    event.orderReference,
    event.paymentId,
    event.callback,
    event.result,
    event.method,
    sorted,
    event.body,
    event.registeredAt,
  ]);
}
