import type { NodeRun } from '@gathering/contract/pipelines';
import { describe, expect, it } from 'vitest';
import { marksOf, spansOf } from './spans-of.ts';

const from = Date.parse('2026-01-01T00:00:00Z');
const at = (seconds: number): string => new Date(from + seconds * 1000).toISOString();

type Given = Parameters<typeof spansOf>[0];
const node = (more: Partial<Given>): Given => ({
  type: 'action',
  status: 'completed',
  startedAt: at(0),
  endedAt: at(10),
  waitingFor: null,
  history: [],
  copied: false,
  ...more,
});
const shown = (given: Given, now = 100) =>
  spansOf(given, from + now * 1000).map((span) => [
    span.kind,
    (span.from - from) / 1000,
    (span.to - from) / 1000,
    span.isOpen,
  ]);
const failedTry = (begin: number, end: number, until: number | null): NodeRun['history'][number] => ({
  kind: 'try',
  from: at(begin),
  to: at(end),
  code: 'pipelines.api-status',
  until: until === null ? null : at(until),
});

describe('the time of a node', () => {
  it('is one piece of work, or of waiting, that lasts until it ends', () => {
    expect(shown(node({}))).toEqual([['work', 0, 10, false]]);
    expect(shown(node({ status: 'running', endedAt: null }))).toEqual([['work', 0, 100, true]]);
    expect(shown(node({ type: 'delay' }))).toEqual([['wait', 0, 10, false]]);
    const waitingFor = { kind: 'approval', until: null, question: null } as const;
    expect(shown(node({ type: 'approval', status: 'waiting', endedAt: null, waitingFor }))).toEqual([
      ['wait', 0, 100, true],
    ]);
  });

  it('is none where nothing happened here', () => {
    expect(shown(node({ copied: true }))).toEqual([]);
    expect(shown(node({ status: 'skipped', startedAt: null }))).toEqual([]);
    expect(shown(node({ status: 'pending', startedAt: null, endedAt: null }))).toEqual([]);
  });

  it('shows each failed try, the pause after it, and the last one', () => {
    const history = [failedTry(0, 2, 3), failedTry(3, 5, 7)];
    expect(shown(node({ history }))).toEqual([
      ['try', 0, 2, false],
      ['wait', 2, 3, false],
      ['try', 3, 5, false],
      ['wait', 5, 7, false],
      ['work', 7, 10, false],
    ]);
  });

  it('shows a pause that lasts as open, also past its instant', () => {
    const waitingFor = { kind: 'retry', until: at(3), question: null } as const;
    expect(shown(node({ status: 'waiting', endedAt: null, waitingFor, history: [failedTry(0, 2, 3)] }))).toEqual([
      ['try', 0, 2, false],
      ['wait', 2, 100, true],
    ]);
  });

  it('shows the work before a decision, the wait for it, and what followed', () => {
    const decision = { kind: 'decision', from: at(4), to: at(8), code: null, until: null } as const;
    expect(shown(node({ history: [decision] }))).toEqual([
      ['work', 0, 4, false],
      ['decision', 4, 8, false],
      ['work', 8, 10, false],
    ]);
  });

  it('shows what an earlier attempt of the run did, and the one that followed', () => {
    expect(shown(node({ startedAt: at(50), endedAt: at(60), history: [failedTry(0, 2, null)] }))).toEqual([
      ['try', 0, 2, false],
      ['work', 50, 60, false],
    ]);
  });
});

it('an axis has round marks, and few of them', () => {
  expect(marksOf(950, 5)).toEqual([0, 200, 400, 600, 800]);
  expect(marksOf(61_000, 6)).toEqual([0, 15_000, 30_000, 45_000, 60_000]);
  expect(marksOf(0, 6)).toEqual([0]);
  for (const length of [1, 7, 12_345, 3_600_000, 31_536_000_000])
    expect(marksOf(length, 8).length).toBeLessThanOrEqual(9);
});
