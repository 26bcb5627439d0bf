// What the chain is made of: each hash holds the one before it and every column of its entry, so that no byte of either
// table can change unnoticed. docs/guides/audit.md describes the form for whoever recomputes it elsewhere.
import { createHash } from 'node:crypto';

/** An entry as text, column by column; `details` as the database writes its jsonb. */
export interface EntryText {
  readonly id: string;
  /** UTC with six digits of a second: 2026-01-31T23:59:59.123456Z. */
  readonly at: string;
  readonly action: string;
  readonly actor: string;
  readonly address: string | null;
  readonly object: string | null;
  readonly result: string;
  readonly details: string;
  readonly requestId: string | null;
  readonly xid: string;
  readonly number: string;
}

/** Before the first entry. */
export const firstHash = '0'.repeat(64);

/** `<bytes>:<text>;` for each field, `-;` for one that is null: no two lists of fields give the same text. */
export function writeFields(fields: readonly (string | null)[]): string {
  return fields.map((field) => (field === null ? '-;' : `${Buffer.byteLength(field)}:${field};`)).join('');
}

/** In hexadecimal. `sealedAt` has the form of `at`. */
export function hashEntry(before: string, position: number, sealedAt: string, entry: EntryText): string {
  const fields = writeFields([
    String(position),
    sealedAt,
    entry.id,
    entry.at,
    entry.action,
    entry.actor,
    entry.address,
    entry.object,
    entry.result,
    entry.details,
    entry.requestId,
    entry.xid,
    entry.number,
  ]);
  return createHash('sha256').update(Buffer.from(before, 'hex')).update(fields).digest('hex');
}

/** A place in the chain, as `<position>:<hash>`. */
export interface Mark {
  readonly position: number;
  readonly hash: string;
}

export const chainBeginning: Mark = { position: 0, hash: firstHash };

export function writeMark({ position, hash }: Mark): string {
  return `${position}:${hash}`;
}

/** Null: it is none. */
export function parseMark(text: string): Mark | null {
  const [, position, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  return position === undefined || hash === undefined ? null : { position: Number(position), hash };
}
