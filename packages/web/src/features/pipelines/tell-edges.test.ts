import { describe, expect, it } from 'vitest';
import { type TracedNode, tellEdge } from './tell-edges.ts';

const node = (
  id: string,
  status: TracedNode['run']['status'],
  { branch = null, ...more }: Partial<TracedNode['node']> & { branch?: string | null } = {},
): [string, TracedNode] => [id, { run: { status, branch }, node: { type: 'agent', config: {}, ...more } }];

describe('edges of a run', () => {
  const tell = (from: TracedNode['run']['status'], to: TracedNode['run']['status'], isEnded = false) =>
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
  it('without a branch stand for the usual one of their node', () => {
    const rejected = new Map([
      node('a', 'completed', { type: 'approval', branch: 'rejected' }),
      node('b', 'completed'),
    ]);
    expect(tellEdge({ from: 'a', to: 'b' }, rejected, true)).toBe('faded');
    const approved = new Map([node('a', 'completed', { type: 'approval', branch: 'approved' }), node('b', 'running')]);
    expect(tellEdge({ from: 'a', to: 'b' }, approved, false)).toBe('flowing');
  });
  it('behind a node that failed are taken where its run goes on all the same', () => {
    for (const status of ['failed', 'timed_out'] as const) {
      const goesOn = new Map([node('a', status, { onError: 'continue' }), node('b', 'completed')]);
      expect(tellEdge({ from: 'a', to: 'b' }, goesOn, true)).toBe('taken');
    }
    const routes = new Map([node('a', 'failed', { onError: 'route', branch: 'error' }), node('b', 'running')]);
    expect(tellEdge({ from: 'a', to: 'b', when: 'error' }, routes, false)).toBe('flowing');
    expect(tellEdge({ from: 'a', to: 'b' }, routes, false)).toBe('faded');
    const fine = new Map([node('a', 'completed', { onError: 'route' }), node('b', 'completed')]);
    expect(tellEdge({ from: 'a', to: 'b' }, fine, true)).toBe('taken');
    expect(tellEdge({ from: 'a', to: 'b', when: 'error' }, fine, true)).toBe('faded');
    const fails = new Map([node('a', 'failed', { onError: 'fail' }), node('b', 'cancelled')]);
    expect(tellEdge({ from: 'a', to: 'b' }, fails, true)).toBe('faded');
  });
});
