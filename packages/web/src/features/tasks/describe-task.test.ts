import { taskStopReasons } from '@gathering/contract/tasks';
import { expect, it } from 'vitest';
import { describeStop, nextStepOf, stateWordOf, turnStateOf } from './describe-task.ts';

it('every reason to stop has a sentence of its own, and success needs no next step', () => {
  const sentences = taskStopReasons.map(describeStop);
  expect(new Set(sentences).size).toBe(taskStopReasons.length);
  expect(sentences.filter((sentence) => !sentence.endsWith('.'))).toEqual([]);
  expect([nextStepOf('completed'), nextStepOf('cancelled')]).toEqual([null, null]);
  expect(nextStepOf('cost-limit')).toContain('cheaper');
});

it('a pause that has not taken effect, a place in the queue and a wait for a person are told as such', () => {
  expect(stateWordOf({ status: 'running', pauseRequested: true })).toBe('Pausing');
  expect(stateWordOf({ status: 'pending', pauseRequested: false })).toBe('Queued');
  expect(stateWordOf({ status: 'waiting', pauseRequested: false })).toBe('Needs you');
  expect(stateWordOf({ status: 'running', pauseRequested: false })).toBeUndefined();
  expect(turnStateOf({ status: 'paused' }, 'running')).toBe('paused');
  expect(turnStateOf({ status: 'paused' }, 'completed')).toBe('completed');
});
