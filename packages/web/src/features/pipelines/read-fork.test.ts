import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import type { NodeRun } from '@gathering/contract/pipelines';
import { expect, it } from 'vitest';
import { readFork } from './read-fork.ts';

type Given = readonly [id: string, status: NodeRun['status'], type?: string, branch?: string | null];

/** A run whose nodes are called by their ids. */
function makeRun(given: readonly Given[], edges: readonly (readonly [from: string, to: string, when?: string])[]) {
  const nodes = given.map(([id, , type = 'action']): PipelineNode => ({ id, type, config: {} }));
  return {
    definition: { name: 'Any', description: '', nodes, edges: edges.map(([from, to, when]) => ({ from, to, when })) },
    nodes: given.map(
      ([id, status, type = 'action', branch = null]): NodeRun => ({
        ...{ id, type, name: id, status, branch, attempt: 1, tries: 0, input: null, output: null, error: null },
        ...{ turnId: null, waitingFor: null, copied: false, history: [], inputTokens: 0, outputTokens: 0 },
        ...{ costUsd: null, startedAt: null, endedAt: null },
      }),
    ),
  };
}

it('a node can be forked from as soon as all before it has arrived', () => {
  const run = makeRun(
    [
      ['start', 'completed', 'trigger'],
      ['a', 'completed'],
      ['b', 'failed'],
    ],
    [
      ['start', 'a'],
      ['a', 'b'],
    ],
  );
  expect(readFork(run, 'a')).toEqual({ missing: [], refusal: null });
  expect(readFork(run, 'b')).toEqual({ missing: [], refusal: null });
});

it('what has not ended before it is to be given, as far back as nothing has', () => {
  const run = makeRun(
    [
      ['start', 'completed', 'trigger'],
      ['a', 'completed'],
      ['b', 'running'],
      ['c', 'pending'],
      ['d', 'pending'],
    ],
    [
      ['start', 'a'],
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'd'],
    ],
  );
  expect(readFork(run, 'd')).toEqual({ missing: ['c', 'b'], refusal: null });
});

it('behind a way that was not taken there is no place, and it says from where instead', () => {
  const run = makeRun(
    [
      ['size', 'completed', 'condition', 'large'],
      ['small', 'skipped'],
      ['after', 'skipped'],
      ['large', 'completed'],
      ['end', 'completed'],
    ],
    [
      ['size', 'small', 'small'],
      ['small', 'after'],
      ['size', 'large', 'large'],
      ['after', 'end'],
      ['large', 'end'],
    ],
  );
  expect(readFork(run, 'small').refusal).toMatch(/fork from “size”/);
  expect(readFork(run, 'after').refusal).toMatch(/fork from “size”/);
  expect(readFork(run, 'large').refusal).toBeNull();
  expect(readFork(run, 'end').refusal).toBeNull();
});

it('behind a decision that is still open there is no place', () => {
  const condition = makeRun(
    [
      ['size', 'pending', 'condition'],
      ['then', 'pending'],
    ],
    [['size', 'then', 'then']],
  );
  expect(readFork(condition, 'then').refusal).toMatch(/“size”.* has not decided/);
  const approval = makeRun(
    [
      ['ask', 'waiting', 'approval'],
      ['pay', 'pending'],
    ],
    [['ask', 'pay']],
  );
  expect(readFork(approval, 'pay').refusal).toMatch(/“ask”.* has not ended/);
});

it('what a wait would have heard can be given, what people decide cannot, however far back', () => {
  const wait = makeRun(
    [
      ['paid', 'waiting', 'wait'],
      ['send', 'pending'],
      ['remind', 'pending'],
    ],
    [
      ['paid', 'send'],
      ['paid', 'remind', 'timeout'],
    ],
  );
  expect(readFork(wait, 'send')).toEqual({ missing: ['paid'], refusal: null });
  expect(readFork(wait, 'remind').refusal).toMatch(/“paid”.* has not ended/);
  const approval = makeRun(
    [
      ['ask', 'waiting', 'approval'],
      ['pay', 'pending'],
      ['tell', 'pending'],
    ],
    [
      ['ask', 'pay'],
      ['pay', 'tell'],
    ],
  );
  expect(readFork(approval, 'tell').refusal).toMatch(/“ask”.* has not ended/);
});
