// A map that keeps what was used last and forgets the rest: for facts that can be found out again.
export interface BoundedMap<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
}

/** Keeps at most `most` entries, or entries of at most that size together. */
export function createBoundedMap<V>(most: number, sizeOf: (value: V) => number = () => 1): BoundedMap<V> {
  // A Map lists its keys in the order in which they were set: the first is the one that was used longest ago.
  const entries = new Map<string, V>();
  let size = 0;
  const remove = (key: string): void => {
    const value = entries.get(key);
    if (value !== undefined) size -= sizeOf(value);
    entries.delete(key);
  };
  const set = (key: string, value: V): void => {
    remove(key);
    entries.set(key, value);
    size += sizeOf(value);
    for (const oldest of entries.keys()) {
      if (size <= most) break;
      remove(oldest);
    }
  };
  return {
    set,
    delete: remove,
    get: (key) => {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      // As `set`, to the end of the list.
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
  };
}
