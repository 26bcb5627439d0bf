import type { GatheringEvent } from '@gathering/contract/events';
import { expect, it } from 'vitest';
import { failureOf } from './failure-of.ts';

const ended = (id: string, status: string): GatheringEvent => ({
  type: 'pipelines.run-ended',
  at: '2026-01-02T03:04:05.000Z',
  subject: `runs/${id}`,
  related: [],
  actor: null,
  payload: { status },
});
const own = [['a', 'Review']] as const;

it('a failure of a run that was started here is told by its name', () => {
  expect(failureOf(ended('a', 'failed'), own)).toEqual({ id: 'a', sentence: '“Review” failed' });
});

it('what ends well, is cancelled or belongs to others is not told', () => {
  expect(failureOf(ended('a', 'completed'), own)).toBeNull();
  expect(failureOf(ended('a', 'cancelled'), own)).toBeNull();
  expect(failureOf(ended('b', 'failed'), own)).toBeNull();
});
