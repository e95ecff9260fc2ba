/** An event's id as others know it: `evt_` and a UUID, the `webhook-id`. Pure. */

const PUBLIC_ID = /^evt_([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/;

/** Parses a public id to the id in the database; null when it cannot be one. */
export function parsePublicId(publicId: string): string | null {
  return PUBLIC_ID.exec(publicId)?.[1] ?? null;
}

/** Returns the public id. */
export function publicIdOf(id: string): string {
  return `evt_${id}`;
}
