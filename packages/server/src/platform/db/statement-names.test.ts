import { describe, expect, it } from 'vitest';
import { StatementNames } from './statement-names.ts';

const use = (names: StatementNames, text: string, times: number) =>
  Array.from({ length: times }, () => names.nameOf(text)?.name);

describe('names of statements', () => {
  it('come at the sixth use and stay', () => {
    const names = new StatementNames();
    expect(use(names, 'select 1', 5)).toEqual(Array.from({ length: 5 }, () => undefined));
    const [name] = use(names, 'select 1', 1);
    expect(name).toMatch(/^gathering_\d+_0$/);
    expect(use(names, 'select 1', 3)).toEqual([name, name, name]);
  });

  it('change after eight times as many uses, so that the statement is planned with what its tables hold by then', () => {
    const names = new StatementNames();
    const given = use(names, 'select 1', 6 * 8 * 8 * 8);
    const changedAt = given.flatMap((name, index) => (index > 0 && name !== given[index - 1] ? [index + 1] : []));
    expect(changedAt).toEqual([6, 6 * 8, 6 * 8 * 8, 6 * 8 * 8 * 8]);
    expect(names.nameOf('select 1')?.former).toEqual(
      [...new Set(given)].filter((name) => name !== undefined).slice(0, -1),
    );
  });

  it('are bounded in number, and different', () => {
    const names = new StatementNames();
    const given = Array.from({ length: 1_000 }, (_, index) => use(names, `select ${index}`, 6).at(-1));
    const some = given.filter((name) => name !== undefined);
    expect(some).toHaveLength(300);
    expect(new Set(some).size).toBe(300);
  });

  it('are never given to another statement after one was forgotten', () => {
    const names = new StatementNames();
    const [first] = use(names, 'select 1', 6).slice(-1);
    names.forget('select 1');
    expect(use(names, 'select 1', 10).every((name) => name === undefined)).toBe(true);
    const others = Array.from({ length: 50 }, (_, index) => use(names, `select ${index} + 1`, 6).at(-1));
    expect(others).not.toContain(first);
  });
});
