// How PostgreSQL's text becomes JavaScript values, for both kinds of database: the same parsers serve both.
import pg from 'pg';

const oid = { int8: 20, date: 1082, timestamp: 1114, int8Array: 1016, dateArray: 1182, timestampArray: 1115 } as const;
const numericArray = 1231;
const textArray: number = 1009;

const parseTextArray: (text: string) => (string | null)[] = pg.types.getTypeParser(textArray, 'text');

function parseInt8(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  throw new RangeError(`The bigint ${text} does not fit a JavaScript number: select it as text.`);
}

// Without an offset node-postgres would take the process's time zone; the product writes UTC everywhere.
function parseTimestamp(text: string): Date | number {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '-infinity') return Number.NEGATIVE_INFINITY;
  return new Date(`${text.replace(' ', 'T')}Z`);
}

function arrayOf<T>(parse: (text: string) => T): (text: string) => (T | null)[] {
  return (text) => parseTextArray(text).map((item) => (item === null ? null : parse(item)));
}

const ours = new Map<number, (text: string) => unknown>([
  [oid.int8, parseInt8],
  [oid.date, (text) => text],
  [oid.timestamp, parseTimestamp],
  [oid.int8Array, arrayOf(parseInt8)],
  [oid.dateArray, parseTextArray],
  [oid.timestampArray, arrayOf(parseTimestamp)],
  [numericArray, parseTextArray],
]);

export const valueParsers = {
  getTypeParser: (type: number, format?: 'text' | 'binary') =>
    (format !== 'binary' && ours.get(type)) || pg.types.getTypeParser(type, format),
};
