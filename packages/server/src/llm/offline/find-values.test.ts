import { describe, expect, test } from 'vitest';
import { findPathInside, findValues, readCitation } from './find-values.ts';
import { splitClauses } from './split-clauses.ts';
import { meaningfulStems } from './split-words.ts';

const kinds = (text: string) => findValues(text).map(({ kind, text: value }) => `${kind} ${value}`);

describe('values of a sentence', () => {
  test.each([
    ['Open src/main.ts and ./docs/', ['path src/main.ts', 'path ./docs/']],
    ['Look in the docs folder', ['path docs']],
    ['Get https://example.com/a?b=1, then stop', ['url https://example.com/a?b=1']],
    ['Mail ada@example.com since 2026-01-31', ['email ada@example.com', 'date 2026-01-31']],
    ['Find "tax return" in *.md', ['quoted tax return', 'glob *.md']],
    ['The account A-1001 of Ada Lovelace', ['identifier A-1001', 'proper Ada Lovelace']],
    ['Longer than 1,000 lines, e.g. TODO', ['number 1,000', 'capitals TODO']],
    ['The directory tree', []],
  ])('of "%s"', (text, expected) => expect(kinds(text)).toEqual(expected));
});

describe('citations', () => {
  test.each([
    ['- src/a.ts:12: text', 'src/a.ts', 12],
    ['`Makefile:3`: all', 'Makefile', 3],
    ['3. my notes.txt:7 - text', 'my notes.txt', 7],
    ['assets/logo.bin: 2 MB', 'assets/logo.bin', null],
  ])('"%s" is one', (text, path, line) => expect(readCitation(text)).toMatchObject({ path, line }));

  test.each(['At 12:30 we met', 'Note: this', 'https://example.com:80/x', 'a sentence with src/a.ts:3 inside'])(
    '"%s" is none',
    (text) => expect(readCitation(text)).toBeNull(),
  );

  test('a path inside of a line is found', () => {
    expect(findPathInside('changed in src/a.ts:3 today')).toEqual({ path: 'src/a.ts', line: 3 });
    expect(findPathInside('see https://example.com/a.html')).toBeNull();
  });
});

describe('clauses', () => {
  const parts = (text: string) => splitClauses(text.split('\n')).map(({ verb, text: part }) => `${verb}: ${part}`);

  test('parts of an enumeration inherit its verb', () => {
    expect(parts('Find comments, long lines and leaks.')).toEqual([
      'find: Find comments',
      'find: long lines',
      'find: leaks',
    ]);
  });

  test('steps, list items and sentences are clauses, quoted text is not split', () => {
    expect(parts('1. Open "a. B and c"\n- Count it; then list all.')).toEqual([
      'open: Open "a. B and c"',
      'count: Count it',
      'list: list all',
    ]);
  });

  test('what is compared stays together, what is forbidden is left out', () => {
    expect(parts('Compare this year and last year. Do not send it.')).toEqual([
      'compare: Compare this year and last year',
    ]);
  });

  test('wishes about the answer are marked', () => {
    expect(splitClauses(['Quote file and line.']).every((clause) => clause.aboutAnswer)).toBe(true);
  });
});

test('forms of a word are one word', () => {
  expect(meaningfulStems('changes changed changing')).toEqual(['chang', 'chang', 'chang']);
  expect(meaningfulStems('minLines min_lines TODOs')).toEqual(['min', 'lin', 'min', 'lin', 'todo']);
});
