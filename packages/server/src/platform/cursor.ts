// Positions in the stream of events: `<transaction>-<number>`, as rows are read in the order of both.
// Invariant: a cursor that was read here has no leading zeros, so that lengths compare before letters do.
export interface CursorParts {
  /** A transaction's 64-bit id, in decimal digits. */
  readonly xid: string;
  readonly id: string;
}

const highestXid = 2n ** 64n - 1n;
const highestId = 2n ** 63n - 1n;

/** Null when the text is not a position that the database could have. */
export function parseCursor(text: string): CursorParts | null {
  const [, first, second] = /^(\d{1,20})-(\d{1,20})$/.exec(text) ?? [];
  if (first === undefined || second === undefined) return null;
  const xid = BigInt(first);
  const id = BigInt(second);
  return xid <= highestXid && id <= highestId ? { xid: String(xid), id: String(id) } : null;
}

export function formatCursor({ xid, id }: CursorParts): string {
  return `${xid}-${id}`;
}

/** Negative when `left` comes first. */
export function compareCursors(left: string, right: string): number {
  const [leftXid = '', leftId = ''] = left.split('-');
  const [rightXid = '', rightId = ''] = right.split('-');
  return compareDigits(leftXid, rightXid) || compareDigits(leftId, rightId);
}

function compareDigits(left: string, right: string): number {
  if (left.length !== right.length) return left.length - right.length;
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
