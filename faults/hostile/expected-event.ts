/**
 * What an authenticated callback says, and so what must be stored for it: worked out by the sender, not by the
 * receiver's code.
 */

export interface Fact {
  /** Unique within a run. */
  readonly paymentId: string;
  /** In upper case. */
  readonly callback: string;
  readonly result: string | null;
  readonly method: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** Hex; null when there is no body. */
  readonly body: string | null;
  /** ISO 8601. */
  readonly registeredAt: string | null;
}

/** Equal texts for equal facts; names sorted. */
export function textOf({ parameters, ...fact }: Fact): string {
  const sorted = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    fact.paymentId,
    fact.callback,
    fact.result,
    fact.method,
    sorted,
    fact.body,
    fact.registeredAt,
  ]);
}
