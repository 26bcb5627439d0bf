import { describe, expect, it } from 'vitest';
import { matchLines } from './match-lines.ts';
import type { SourceFile } from './read-source.ts';

function source(path: string, text: string): SourceFile {
  return { path, text, lines: text.split('\n'), bytes: text.length, tracked: null };
}

const signal = new AbortController().signal;
const regex = (pattern: string) => ({ pattern, regex: true, caseSensitive: false });

describe('matchLines', () => {
  it('finds literal text and regular expressions, by line', async () => {
    const files = [source('a.ts', 'one\nTwo (x)\nthree'), source('b.ts', 'two (X)')];
    const literal = await matchLines(files, { pattern: 'two (', regex: false, caseSensitive: false }, signal, 10);
    expect(literal.map((match) => `${match.path}:${match.line}`)).toEqual(['a.ts:2', 'b.ts:1']);
    const exact = await matchLines(files, { pattern: 'Two', regex: false, caseSensitive: true }, signal, 10);
    expect(exact).toEqual([{ path: 'a.ts', line: 2, match: 'Two' }]);
    expect(await matchLines(files, regex('t\\w+e'), signal, 10)).toEqual([{ path: 'a.ts', line: 3, match: 'three' }]);
  });

  it('ends a catastrophic regular expression and leaves the process free meanwhile', async () => {
    const files = [source('bomb.txt', `${'a'.repeat(40)}!`)];
    let turns = 0;
    const spin = () => {
      turns += 1;
      if (!done) setImmediate(spin);
    };
    let done = false;
    setImmediate(spin);
    await expect(matchLines(files, regex('^(a+)+$'), signal, 10, 300)).rejects.toMatchObject({
      code: 'skills.timeout',
    });
    done = true;
    expect(turns).toBeGreaterThan(10);
  });

  it('stops when the caller aborts', async () => {
    const files = [source('bomb.txt', `${'a'.repeat(40)}!`)];
    const controller = new AbortController();
    const matching = matchLines(files, regex('^(a+)+$'), controller.signal, 10);
    controller.abort(new Error('enough'));
    await expect(matching).rejects.toThrow('enough');
  });

  it('explains a pattern that is no regular expression', async () => {
    await expect(matchLines([source('a', 'a')], regex('(a'), signal, 10)).rejects.toMatchObject({
      code: 'skills.bad-pattern',
    });
  });
});
