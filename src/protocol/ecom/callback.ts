/** An eCom callback as its URL states it: parsed, not yet authenticated. */
export interface Callback {
  /** Upper case. */
  readonly type: string;
  /** Null only for TEST. */
  readonly paymentId: string | null;
  readonly result: string | null;
  /** As received; an empty one counts as missing. */
  readonly digest: string | null;
  /** `t` verbatim, unix seconds in 1–12 digits. */
  readonly registrationTime: string | null;
  /** Five strings for TEST, missing ones empty; none for other types. */
  readonly testParams: readonly string[];
  /** The other parameters of the URL; for TEST param1…param5. */
  readonly parameters: Readonly<Record<string, string>>;
}
