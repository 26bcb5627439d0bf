import type { EventType } from '@gathering/contract/events';
import { describe, expect, it } from 'vitest';
import { compareCursors, type LoggedEvent, mergeEvents } from './merge-events.ts';

const logged = (cursor: string, type: EventType = 'pipelines.run-ended', subject = 'runs/1'): LoggedEvent => ({
  cursor,
  event: { type, subject, related: [], at: '2026-01-01T00:00:00Z', actor: null, payload: {} },
});
const all = { feature: null, type: null, subject: null };

describe('the log of events', () => {
  it('shows each event once, the latest first, whichever way it came', () => {
    const merged = mergeEvents([logged('12-1'), logged('11-1')], [logged('11-1'), logged('9-1')], all);
    expect(merged.map((one) => one.cursor)).toEqual(['12-1', '11-1', '9-1']);
  });
  it('lets only those through that fit the filters', () => {
    const arrived = [logged('3-1', 'agents.created', 'agents/1'), logged('2-1', 'pipelines.node-ended')];
    expect(mergeEvents(arrived, [], { ...all, feature: 'agents' }).map((one) => one.cursor)).toEqual(['3-1']);
    expect(mergeEvents(arrived, [], { ...all, type: 'pipelines.node-ended' }).map((one) => one.cursor)).toEqual([
      '2-1',
    ]);
    expect(mergeEvents(arrived, [], { ...all, subject: 'runs/2' })).toEqual([]);
  });
  it('compares cursors as numbers of any size', () => {
    expect([
      compareCursors('10-1', '9-9'),
      compareCursors('9-10', '9-9'),
      compareCursors('99999999999999999998-1', '99999999999999999999-1'),
      compareCursors('1-1', '1-1'),
    ]).toEqual([1, 1, -1, 0]);
  });
});
