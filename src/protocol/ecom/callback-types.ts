/** The callback types that Resurs documents, each of which can have fixed salts of its own. Source: docs/protocol.md. */
export const CALLBACK_TYPES = [
  'BOOKED',
  'UPDATE',
  'UNFREEZE',
  'ANNULMENT',
  'FINALIZATION',
  'AUTOMATIC_FRAUD_CONTROL',
  'TEST',
] as const;

/** One of `CALLBACK_TYPES`. */
export type CallbackType = (typeof CALLBACK_TYPES)[number];
