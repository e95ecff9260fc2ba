/** The event types that can have a fixed salt of their own. */
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
