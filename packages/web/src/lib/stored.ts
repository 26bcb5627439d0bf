// Values that outlive a reload, in the browser's storage. A full or forbidden storage loses the memory, never the page.
import { useCallback, useState } from 'react';

export function readStored(storage: Storage, key: string): unknown {
  try {
    const text = storage.getItem(`gathering.${key}`);
    return text === null ? undefined : JSON.parse(text);
  } catch (error) {
    // What another version wrote, or a storage that the browser forbids, counts as nothing stored.
    if (error instanceof SyntaxError || error instanceof DOMException) return undefined;
    throw error;
  }
}

export function writeStored(storage: Storage, key: string, value: unknown): void {
  try {
    if (value === undefined) storage.removeItem(`gathering.${key}`);
    else storage.setItem(`gathering.${key}`, JSON.stringify(value));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
}

/** State that is remembered on this device. */
export function useStoredFlag(key: string, first: boolean): [boolean, (next: boolean) => void] {
  const [value, setValue] = useState(() => {
    const stored = readStored(localStorage, key);
    return typeof stored === 'boolean' ? stored : first;
  });
  const change = useCallback(
    (next: boolean) => {
      setValue(next);
      writeStored(localStorage, key, next);
    },
    [key],
  );
  return [value, change];
}
