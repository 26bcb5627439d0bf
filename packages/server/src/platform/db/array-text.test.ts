import { describe, expect, it } from 'vitest';
import { arrayText } from './array-text.ts';

describe('a list as a parameter', () => {
  it('goes as it is where nothing in it needs quotes', () => {
    expect(arrayText(['0199f0a2-7c1e-7000-8000-000000000001', 'quick'])).toBe(
      '{0199f0a2-7c1e-7000-8000-000000000001,quick}',
    );
    expect(arrayText([1, -2.5, Number.NaN, true, 12n])).toBe('{1,-2.5,NaN,true,12}');
    expect(arrayText([new Date('2026-11-27T01:02:03.004Z')])).toBe('{2026-11-27T01:02:03.004Z}');
    expect(arrayText([])).toBe('{}');
  });

  it('tells what is missing from texts that read like it, and keeps what would end an element', () => {
    expect(arrayText([null, undefined, 'null', 'NULL', '', ' ', 'a,b', '{}', 'say "no" \\'])).toBe(
      '{NULL,NULL,"null","NULL",""," ","a,b","{}","say \\"no\\" \\\\"}',
    );
  });

  it('keeps control characters, pairs and halves of pairs as they are', () => {
    expect(arrayText(['a\nb', 'tab\t"', '\u0001\\', 'ü ✓ \u2028', '😀"', '\ud800 "'])).toBe(
      '{"a\nb","tab\t\\"","\u0001\\\\","ü ✓ \u2028","😀\\"","\ud800 \\""}',
    );
    expect(arrayText(['{"text":"a\\nb"}'])).toBe('{"{\\"text\\":\\"a\\\\nb\\"}"}');
  });

  it('tells instants apart, to the ends of what is written alike', () => {
    const instants = ['0001-01-01T00:00:00.000Z', '2026-11-27T01:02:03.004Z', '2026-11-27T01:02:03.005Z'];
    const [first, second, third] = instants.map((text) => new Date(text));
    expect(arrayText([first, second, second, third, second])).toBe(
      `{${[0, 1, 1, 2, 1].map((index) => instants[index]).join(',')}}`,
    );
    expect(arrayText([new Date('9999-12-31T23:59:59.999Z')])).toBe('{9999-12-31T23:59:59.999Z}');
    for (const text of ['+010000-01-01T00:00:00.000Z', '0000-12-31T23:59:59.999Z']) {
      const list = [new Date(text)];
      expect(arrayText(list)).toBe(list);
    }
  });

  it('is left alone where an element is of another kind', () => {
    for (const list of [[Buffer.from('a')], [['a']], [{ a: 1 }], [new Date(Number.NaN)], [new Date(-1e15)]])
      expect(arrayText(list)).toBe(list);
  });
});
