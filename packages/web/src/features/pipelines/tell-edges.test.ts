import type { NodeRun } from '@gathering/contract/pipelines';
import { describe, expect, it } from 'vitest';
import { tellEdge } from './tell-edges.ts';

const node = (id: string, status: NodeRun['status'], more: Partial<NodeRun> = {}): [string, NodeRun] => [
  id,
  {
    id,
    type: 'agent',
    name: id,
    status,
    attempt: 1,
    tries: 0,
    input: null,
    output: null,
    error: null,
    branch: null,
    turnId: null,
    waitingFor: null,
    copied: false,
    history: [],
    inputTokens: 0,
    outputTokens: 0,
    costUsd: null,
    startedAt: null,
    endedAt: null,
    ...more,
  },
];

describe('edges of a run', () => {
  const tell = (from: NodeRun['status'], to: NodeRun['status'], isEnded = false) =>
    tellEdge({ from: 'a', to: 'b' }, new Map([node('a', from), node('b', to)]), isEnded);
  it('are taken, flowing, open or faded by the states of their ends', () => {
    expect(tell('completed', 'completed')).toBe('taken');
    expect(tell('completed', 'failed')).toBe('taken');
    expect(tell('completed', 'running')).toBe('flowing');
    expect(tell('completed', 'pending')).toBe('open');
    expect(tell('running', 'pending')).toBe('open');
    expect(tell('failed', 'skipped')).toBe('faded');
    expect(tell('completed', 'skipped')).toBe('faded');
    expect(tell('pending', 'pending', true)).toBe('faded');
  });
  it('of a condition fade on the way that it did not choose, also where both ways meet', () => {
    const nodes = new Map([node('a', 'completed', { type: 'condition', branch: 'else' }), node('b', 'completed')]);
    expect(tellEdge({ from: 'a', to: 'b', when: 'then' }, nodes, true)).toBe('faded');
    expect(tellEdge({ from: 'a', to: 'b', when: 'else' }, nodes, true)).toBe('taken');
  });
});
