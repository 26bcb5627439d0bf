import { describe, expect, it } from 'vitest';
import { reportOf, reportOfRun } from './read-step.ts';

describe('reading outputs', () => {
  it('joins the texts of the last nodes into the report, and finds none where there is none', () => {
    expect(reportOf({ text: ' ' })).toBeNull();
    expect(reportOfRun({ output: { a: { text: 'A' }, b: { done: true }, c: 'C' } })).toBe('A\n\n---\n\nC');
    expect(reportOfRun({ output: { a: { done: true } } })).toBeNull();
    expect(reportOfRun({ output: null })).toBeNull();
  });
});
