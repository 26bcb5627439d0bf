// Ids are UUIDv7: ordered by the time they were made, so that new rows go to the end of an index.
import { v7, validate, version } from 'uuid';

export interface Ids {
  next(): string;
}

/** Within one process each id is greater than the one before, also within a millisecond. */
export function newId(): string {
  return v7();
}

export function isId(text: string): boolean {
  return validate(text) && version(text) === 7;
}

export const systemIds: Ids = { next: newId };
