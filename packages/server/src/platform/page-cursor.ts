// Positions in keyset-paged lists: the sort values of the last item shown, opaque to clients.
import { AppError } from '@gathering/contract/errors';

export type PagePosition = readonly string[];

export function writePageCursor(position: PagePosition): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

/** Null without a cursor. Throws AppError for one that is not of this list: another length, or refused by `fits`. */
export function readPageCursor(
  cursor: string | undefined,
  length: number,
  fits: (position: PagePosition) => boolean = () => true,
): PagePosition | null {
  if (cursor === undefined) return null;
  const position = decode(cursor);
  if (position === null || position.length !== length || !fits(position)) {
    const message = 'This cursor is not one of ours: use `nextCursor` of a page.';
    throw new AppError('request.invalid', { faults: [{ in: 'query', at: '/cursor', rule: 'cursor', message }] });
  }
  return position;
}

/** Whether the text is a time as `Date` writes it and the database reads it. The engine takes `1` for a year; years below 1 have another form there. */
export function isTime(text: string): boolean {
  if (!/^\d{4}-/.test(text) || text.startsWith('0000')) return false;
  const at = new Date(text);
  return !Number.isNaN(at.getTime()) && at.toISOString() === text;
}

function decode(cursor: string): string[] | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    // The database takes no text with a NUL in it.
    return Array.isArray(value) && value.every((one) => typeof one === 'string' && !one.includes('\0')) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Cuts the item that was read beyond the page and says where the next page begins. */
export function cutPage<T>(rows: readonly T[], limit: number, positionOf: (row: T) => PagePosition) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? writePageCursor(positionOf(last)) : null };
}
