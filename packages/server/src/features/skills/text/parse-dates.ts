// Dates as people write them in comments. A date is past when the whole span that it names is over.

export interface FoundDate {
  /** As written. */
  readonly text: string;
  /** The first moment after the day, month, quarter or year that is named. */
  readonly endsAt: Date;
  readonly index: number;
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const YEAR = '((?:19|20)\\d\\d)';

type Reader = (match: RegExpExecArray) => Date | null;

const FORMS: readonly (readonly [RegExp, Reader])[] = [
  [/(?<![\d.-])((?:19|20)\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?![\d-])/g, (m) => dayEnd(m[1], m[3], m[4])],
  [/(?<![\d./-])(\d{1,2})\.(\d{1,2})\.((?:19|20)\d\d)(?!\.?\d)/g, (m) => dayEnd(m[3], m[2], m[1])],
  [
    /(?<![\d./-])(\d{1,2})\/(\d{1,2})\/((?:19|20)\d\d)(?![\d/])/g,
    // Month first, as Americans write it, unless only the other reading is a date.
    (m) => dayEnd(m[3], m[1], m[2]) ?? dayEnd(m[3], m[2], m[1]),
  ],
  [
    new RegExp(`\\b${MONTH}\\.? (\\d{1,2})(?:st|nd|rd|th)?,? ${YEAR}\\b`, 'gi'),
    (m) => dayEnd(m[3], monthNumber(m[1]), m[2]),
  ],
  [
    new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?[ -]${MONTH}\\.?,?[ -]${YEAR}\\b`, 'gi'),
    (m) => dayEnd(m[3], monthNumber(m[2]), m[1]),
  ],
  [new RegExp(`\\b${MONTH}\\.?,? ${YEAR}\\b`, 'gi'), (m) => monthEnd(m[2], monthNumber(m[1]))],
  [/(?<![\d./-])((?:19|20)\d\d)[-/](0[1-9]|1[0-2])(?![\d/-])/g, (m) => monthEnd(m[1], m[2])],
  [/\bQ([1-4])[ /-]?((?:19|20)\d\d)\b/gi, (m) => monthEnd(m[2], String(Number(m[1]) * 3))],
  [/\b((?:19|20)\d\d)[ /-]?Q([1-4])\b/gi, (m) => monthEnd(m[1], String(Number(m[2]) * 3))],
  [
    /\b(?:by|until|till|before|in|after|since|of|end of|for|due|deadline|expires?):? ((?:19|20)\d\d)(?![\d./-])/gi,
    (m) => monthEnd(m[1], '12'),
  ],
];

/** The dates in a line, from left to right; the more exact reading of the same characters wins. */
export function findDates(line: string): FoundDate[] {
  const found: FoundDate[] = [];
  const taken: [number, number][] = [];
  for (const [form, read] of FORMS) {
    for (const match of line.matchAll(form)) {
      const [start, end] = [match.index, match.index + match[0].length];
      if (taken.some(([from, to]) => start < to && end > from)) continue;
      const endsAt = read(match);
      if (endsAt === null) continue;
      taken.push([start, end]);
      found.push({ text: match[0], endsAt, index: start });
    }
  }
  return found.sort((a, b) => a.index - b.index);
}

/** "2 years past", "3 days ahead": from the end of the named span. */
export function describeDistance(date: FoundDate, now: Date): string {
  const days = Math.floor((now.getTime() - date.endsAt.getTime()) / 86_400_000);
  if (days < 0) return 'still ahead';
  if (days < 1) return 'just past';
  if (days < 60) return `${days} ${days === 1 ? 'day' : 'days'} past`;
  if (days < 730) return `${Math.floor(days / 30.44)} months past`;
  return `${Math.floor(days / 365.25)} years past`;
}

export function isPast(date: FoundDate, now: Date): boolean {
  return date.endsAt.getTime() <= now.getTime();
}

function dayEnd(year: string | undefined, month: string | undefined, day: string | undefined): Date | null {
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  const start = new Date(Date.UTC(y, m - 1, d));
  if (start.getUTCMonth() !== m - 1 || start.getUTCDate() !== d) return null;
  return new Date(Date.UTC(y, m - 1, d + 1));
}

function monthEnd(year: string | undefined, month: string | undefined): Date | null {
  const [y, m] = [Number(year), Number(month)];
  return m >= 1 && m <= 12 ? new Date(Date.UTC(y, m, 1)) : null;
}

function monthNumber(name: string | undefined): string {
  return String(MONTHS.indexOf((name ?? '').slice(0, 3).toLowerCase()) + 1);
}
