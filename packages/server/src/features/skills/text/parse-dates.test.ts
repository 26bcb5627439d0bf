import { describe, expect, it } from 'vitest';
import { describeDistance, findDates, isPast } from './parse-dates.ts';

const now = new Date('2026-06-15T12:00:00Z');

describe('findDates', () => {
  it.each([
    ['by 2021-03-01 at last', '2021-03-01', true],
    ['2026-06-14', '2026-06-14', true],
    ['2026-06-15', '2026-06-15', false],
    ['until 31.12.2019', '31.12.2019', true],
    ['remove after March 2024', 'March 2024', true],
    ['Mar 3, 2027', 'Mar 3, 2027', false],
    ['3rd May 2020', '3rd May 2020', true],
    ['due 2023/05/01', '2023/05/01', true],
    ['2026-06', '2026-06', false],
    ['Q2 2022', 'Q2 2022', true],
    ['before 2030', 'before 2030', false],
  ])('reads %j', (line, text, past) => {
    const [date] = findDates(line);
    expect(date?.text).toBe(text);
    expect(date && isPast(date, now)).toBe(past);
  });

  it.each(['version 1.2.2020.3', '2021-13-45', 'port 2024', 'RFC 2119', '10.20.30', 'id 2020-1', 'v2020.1'])(
    'sees no date in %j',
    (line) => {
      expect(findDates(line)).toEqual([]);
    },
  );

  it('says how long ago', () => {
    const distance = (line: string) => findDates(line).map((date) => describeDistance(date, now));
    expect(distance('2021-03-01')).toEqual(['5 years past']);
    expect(distance('2026-06-01')).toEqual(['13 days past']);
    expect(distance('2026-01-01 and 2027-01-01')).toEqual(['5 months past', 'still ahead']);
  });
});
