// Ids are UUIDv7: ordered by the time they were made, so that new rows go to the end of an index.
import { v7, validate, version } from 'uuid';

export interface Ids {
  next(): string;
}

// Asked of the system for many ids at a time: asking costs more than all else of an id.
const random = Buffer.alloc(16 * 256);
let used = random.length;
let lastMs = 0;
let sequence = 0;

/** Within one process each id is greater than the one before, also within a millisecond. */
export function newId(): string {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  const own = random.subarray(used, used + 16);
  used += 16;
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    // Half of its range is left for others of this millisecond.
    sequence = own.readUInt32BE(6) >>> 1;
  } else {
    sequence += 1;
  }
  return v7({ random: own, msecs: lastMs, seq: sequence });
}

export function isId(text: string): boolean {
  return validate(text) && version(text) === 7;
}

export const systemIds: Ids = { next: newId };
