import type { Fault } from '@gathering/contract/errors';
import { expect, it } from 'vitest';
import { faultsByPath } from './faults-of-node.ts';

const fault = (at: string, message: string): Fault => ({ at, rule: 'any', message });

it('faults stand beside the fields that they are of, without the place, each of one part of the form', () => {
  const faults = [
    fault('/nodes/2/config/task', 'Node "ask", setting "task": this is no template.'),
    fault('/nodes/2/config/task', 'Node "ask": a second fault of the same field.'),
    fault('/nodes/2/config/headers/a~1b', 'Node "ask": too long'),
    fault('/nodes/2/retry/maxSeconds', 'Node "ask": the longest pause is shorter than the first.'),
    fault('/nodes/2/onError', 'Node "ask": it routes its errors nowhere.'),
    fault('/nodes/2', 'Node "ask": nothing leads to it.'),
  ];
  expect(Object.fromEntries(faultsByPath(faults, 'config'))).toEqual({
    task: 'This is no template.',
    'headers.a/b': 'Too long.',
  });
  expect(Object.fromEntries(faultsByPath(faults, 'policy'))).toEqual({
    'retry.maxSeconds': 'The longest pause is shorter than the first.',
    onError: 'It routes its errors nowhere.',
  });
});
