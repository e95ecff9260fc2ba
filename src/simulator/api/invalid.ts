/** A message that violates the schema. It is caught where the message is parsed. */
export class Invalid extends Error {}
