// When a node is tried again, how long after, and what a failure means for its run.
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import { expect, it } from 'vitest';
import { branchAfterFailure, type NodePolicy, pauseBeforeRetry, policyOf } from './node-policy.ts';

const policy: NodePolicy = { retry: { attempts: 4, baseSeconds: 2, maxSeconds: 5 } };
const pauses = (chance: number, given = policy) =>
  [0, 1, 2, 3].map((tries) => pauseBeforeRetry(given, 'unavailable', tries, chance));

it('pauses double up to the cap, are shortened by at most a half, and end with the tries', () => {
  expect(pauses(0)).toEqual([2000, 4000, 5000, null]);
  expect(pauses(1)).toEqual([1000, 2000, 2500, null]);
});

it('only the kinds that are named are tried again; without names what comes and goes', () => {
  const only: NodePolicy = { retry: { attempts: 2, on: ['refused', 'failed'] } };
  const kinds = ['unavailable', 'timeout', 'refused', 'failed'] as const;
  expect(kinds.filter((kind) => pauseBeforeRetry(only, kind, 0, 0) !== null)).toEqual(['refused', 'failed']);
  expect(kinds.filter((kind) => pauseBeforeRetry(policy, kind, 0, 0) !== null)).toEqual(['unavailable', 'timeout']);
  expect(pauseBeforeRetry(null, 'unavailable', 0, 0)).toBeNull();
  expect(pauseBeforeRetry({ timeoutSeconds: 1 }, 'timeout', 0, 0)).toBeNull();
});

it('an error ends the run, is passed over, or leads along its own edges', () => {
  expect(branchAfterFailure(null)).toBeUndefined();
  expect(branchAfterFailure({ onError: 'fail' })).toBeUndefined();
  expect(branchAfterFailure({ onError: 'continue' })).toBeNull();
  expect(branchAfterFailure({ onError: 'route' })).toBe('error');
});

it('a node that says nothing has no policy', () => {
  const node: PipelineNode = { id: 'a', type: 'action', config: {} };
  expect(policyOf(node)).toBeNull();
  expect(policyOf({ ...node, timeoutSeconds: 3 })).toEqual({ timeoutSeconds: 3 });
});
