import { expect, test } from 'vitest';
import { addDays, dayOf, daysOf, moveDay, startOfDay, titleOf, wordsOfRest } from './calendar-days.ts';

test('a month is shown in whole weeks from Monday', () => {
  const days = daysOf('month', '2026-11-18');
  expect([days.length, days[0], days[41]]).toEqual([42, '2026-10-26', '2026-12-06']);
  expect(daysOf('week', '2026-11-01')).toEqual(Array.from({ length: 7 }, (_, index) => addDays('2026-10-26', index)));
  expect(daysOf('agenda', '2026-11-01').at(-1)).toBe('2026-11-28');
});

test('days follow each other over the ends of months and years, and over jumps of the clock', () => {
  expect(addDays('2026-12-31', 1)).toBe('2027-01-01');
  expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
  for (let day = '2026-01-01'; day < '2027-01-01'; day = addDays(day, 1))
    expect(dayOf(startOfDay(addDays(day, 1))) > day).toBe(true);
  expect(moveDay('month', '2026-01-31', 1)).toBe('2026-02-01');
  expect(moveDay('month', '2026-01-31', -1)).toBe('2025-12-01');
  expect(moveDay('week', '2026-01-01', 1)).toBe('2026-01-08');
});

test('the title names what is shown', () => {
  expect(titleOf('month', daysOf('month', '2026-11-18'), '2026-11-18')).toBe('November 2026');
  expect(titleOf('week', daysOf('week', '2026-11-18'), '2026-11-18')).toBe('16 Nov 2026 to 22 Nov 2026');
});

test('what a cell has no room for is counted with what was not listed, and not where nobody counted', () => {
  expect(wordsOfRest([{ more: 0 }, { more: 0 }])).toBe('and 2 more');
  expect(wordsOfRest([{ more: 0 }, { more: 286 }])).toBe('and 288 more');
  expect(wordsOfRest([{ more: 3 }, { more: -1 }])).toBe('and many more');
});
