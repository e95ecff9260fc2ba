/** A map that forgets its oldest entries: what strangers can fill must not grow without a limit. */

export interface BoundedMap<Key, Value> {
  get(key: Key): Value | undefined;
  /** Sets the value and makes the entry the newest one. */
  set(key: Key, value: Value): void;
  delete(key: Key): void;
}

/** Creates an empty map of at most `limit` entries. */
export function createBoundedMap<Key, Value>(limit: number): BoundedMap<Key, Value> {
  const entries = new Map<Key, Value>();
  return {
    get: (key) => entries.get(key),
    delete: (key) => void entries.delete(key),
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      const oldest = entries.keys().next();
      if (entries.size > limit && oldest.done !== true) entries.delete(oldest.value);
    },
  };
}
