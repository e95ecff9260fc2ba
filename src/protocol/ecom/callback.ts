/** The type about the account at Resurs, which has no payment. */
export const ACCOUNT_TYPE = 'PASSWORD_EXPIRATION';

/** An eCom callback as its URL states it: parsed, not yet authenticated. */
export interface Callback {
  /** Upper case. */
  readonly type: string;
  /** Null only for TEST and PASSWORD_EXPIRATION. */
  readonly paymentId: string | null;
  /** The account of a PASSWORD_EXPIRATION; null for other types. */
  readonly accountId: string | null;
  readonly result: string | null;
  /** As received; an empty one counts as missing. */
  readonly digest: string | null;
  /** `t` verbatim, unix seconds in 1–12 digits. */
  readonly registrationTime: string | null;
  /** Five strings for TEST, missing ones empty; none for other types. */
  readonly testParams: readonly string[];
  /**
   * The bytes of paymentId, accountId or the five values as they came, where they are not their UTF-8; else null.
   * The digest may have been made over them.
   */
  readonly signedBytes: Buffer | null;
  /** The other parameters of the URL; several values where a name came more than once. For TEST param1…param5. */
  readonly parameters: CallbackParameters;
}

/** Parameters by name. */
export type CallbackParameters = Readonly<Record<string, string | string[]>>;
