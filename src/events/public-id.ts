/** An event's id as others know it: `evt_` and a UUID. It is the `webhook-id`, and the id in the status API. Pure. */

const PUBLIC_ID = /^evt_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** Returns the public id of an id in the database. */
export function publicId(eventId: string): string {
  return `evt_${eventId}`;
}

/** Parses a public id to the id in the database; null when it cannot be one. */
export function parsePublicId(text: string): string | null {
  return PUBLIC_ID.exec(text)?.[1] ?? null;
}
