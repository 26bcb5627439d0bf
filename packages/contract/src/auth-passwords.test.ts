import { describe, expect, it } from 'vitest';
import { findPasswordFaults, type PasswordSurroundings } from './auth-passwords.ts';

const common = new Set([
  'password',
  'dragon',
  'iloveyou',
  'qwertyuiop',
  'correcthorse',
  'trustno1',
  'a',
  'the',
  'sunshine1234',
]);
const isCommon = (text: string) => common.has(text);
const rulesOf = (password: string, more: PasswordSurroundings = {}) =>
  findPasswordFaults(password, { isCommon, ...more }).map(({ rule }) => rule);

describe('a good password', () => {
  it.each([
    'a long test sentence',
    'a sentence that only ada knows',
    'correct horse battery staple',
    'Tr0ub4dor&3-xkcd',
    'k7#pQ2!vLm9z',
    'пароль из четырёх слов',
    '密碼十二個字以上才可以用喔',
    '🦊🐢🦉🐙🦀🐝🌵🍋',
  ])('%s is taken', (password) => {
    expect(rulesOf(password, { email: 'ada@example.org' })).toEqual([]);
  });

  it('of exactly 12 and of exactly 256 characters is taken, one more or less is not', () => {
    const long = 'the quick brown fox jumps over 13 lazy dogs; '
      .repeat(6)
      .split('')
      .map((letter, at) => (at % 7 === 0 ? String.fromCharCode(97 + (at % 26)) : letter))
      .join('');
    expect(rulesOf('kp3 vhw xq8z')).toEqual([]);
    expect(rulesOf('kp3 vhw xq8')).toEqual(['too-short']);
    expect(rulesOf(long.slice(0, 256))).toEqual([]);
    expect(rulesOf(long.slice(0, 257))).toEqual(['too-long']);
  });
});

describe('a password that is refused', () => {
  it.each([
    ['aaaaaaaaaaaa', 'repeated'],
    ['abababababab', 'repeated'],
    ['x9!x9!x9!x9!x', 'repeated'],
    ['aaaabbbbcccc', 'repeated'],
    ['123456789012', 'sequence'],
    ['098765432109', 'sequence'],
    ['qwertyuiop12', 'sequence'],
    ['asdfghjkl;123', 'sequence'],
    ['1qaz2wsx3edc', 'sequence'],
    ['abcdefghijklm', 'sequence'],
    ['Qwertz123456', 'sequence'],
    ['password2024', 'common'],
    ['PASSWORD!!!!2024', 'common'],
    ['P@ssw0rd2024!', 'common'],
    ['123password456', 'common'],
    ['passwordpassword', 'common'],
    ['dragondragondra', 'common'],
    ['Sunshine1234', 'common'],
    ['trustno1trustno1', 'common'],
    ['trustno1837465', 'common'],
    ['ｐａｓｓｗｏｒｄ１２３４', 'common'],
    ['gathering2024', 'product'],
    ['GatheRing-GatheRing', 'product'],
    ['my-gathering!!', 'product'],
    ['gathering dragon', 'product'],
  ])('%s breaks the rule %s', (password, rule) => {
    expect(rulesOf(password)).toContain(rule);
  });

  it.each([
    'ada.lovelace2024',
    'Ada.Lovelace-Ada.Lovelace',
    'ada.lovelace',
    'x-ada.lovelace-x',
    'ada.lovelace password',
  ])('%s is little more than the name in the address', (password) => {
    expect(rulesOf(password, { email: 'Ada.Lovelace+work@example.org' })).toContain('personal');
  });

  it('is the one that is there already', () => {
    const password = 'four words without meaning';
    expect(rulesOf(password, { current: password })).toEqual(['unchanged']);
  });

  it('says every rule that it breaks, each in a sentence', () => {
    const faults = findPasswordFaults('gathering', { isCommon });
    expect(faults.map(({ rule }) => rule)).toEqual(['too-short', 'product']);
    for (const { message } of faults) expect(message).toMatch(/^[A-Z].*\.$/);
  });

  it('of a million characters costs nothing', () => {
    const seen: string[] = [];
    const faults = findPasswordFaults('a'.repeat(1024 * 1024), { isCommon: (text) => seen.push(text) > 0 });
    expect(faults.map(({ rule }) => rule)).toEqual(['too-long']);
    expect(seen).toEqual([]);
  });
});
