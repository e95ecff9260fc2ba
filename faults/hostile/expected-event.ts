/** The event that must be stored for an authenticated callback: derived by the sender, not by the receiver's code. */

export interface ExpectedEvent {
  /** Unique in a run. */
  readonly paymentId: string;
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
    event.paymentId,
    event.callback,
    event.result,
    event.method,
    sorted,
    event.body,
    event.registeredAt,
  ]);
}
