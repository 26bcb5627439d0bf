import { type EventType, eventTypeNames, type GatheringEvent } from '@gathering/contract/events';
import type { NodeRun, Run } from '@gathering/contract/pipelines';
import { allRoutes } from '@gathering/contract/routes';
import { describe, expect, it } from 'vitest';
import { effectsOf } from './live.ts';

const event = (
  type: EventType,
  subject: string,
  payload: GatheringEvent['payload'] = {},
  related: string[] = [],
  at = '2026-01-01T00:00:10Z',
): GatheringEvent => ({
  type,
  subject,
  related,
  at,
  actor: null,
  payload,
});

const pendingNode = (id: string): NodeRun => ({
  id,
  type: 'delay',
  name: id,
  status: 'pending',
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
});
const run: Run = {
  id: 'r',
  pipelineId: null,
  pipelineVersion: null,
  triggerId: null,
  pipelineName: 'Line',
  projectId: null,
  parent: null,
  status: 'running',
  nodesTotal: 2,
  nodesDone: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: null,
  createdAt: '2026-01-01T00:00:00Z',
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: null,
  input: null,
  output: null,
  error: null,
  definition: { name: 'Line', description: '', nodes: [], edges: [] },
  nodes: [pendingNode('a'), pendingNode('b')],
  priority: 'normal',
  timeoutSeconds: null,
  deadlineAt: null,
  concurrencyKey: null,
  concurrencyLimit: null,
  pausedAt: null,
  retries: 0,
  forkedFrom: null,
  forks: [],
  onlyNode: null,
};
const change = (one: GatheringEvent, old: Run): Run => effectsOf(one).patch?.change(old) as Run;

describe('the table of events', () => {
  it('has a rule for every event, and names only routes that exist', () => {
    const names = new Set(allRoutes.map((route) => route.name));
    for (const type of eventTypeNames) {
      const { refresh } = effectsOf(event(type, 'things/1', {}, ['turns/2', 'chats/3', 'runs/4']));
      expect(refresh.length, type).toBeGreaterThan(0);
      for (const [name] of refresh) expect(names, `${type} refreshes ${String(name)}`).toContain(name);
    }
  });
  it('refreshes the messages of the chat that an event names', () => {
    expect(effectsOf(event('agents.message-added', 'chats/7')).refresh).toContainEqual([
      'agents.list-messages',
      { params: { id: '7' } },
    ]);
  });
});

describe('what an event changes in place', () => {
  it('lights a node, counts it when it ends, and leaves the others untouched', () => {
    const started = change(event('pipelines.node-started', 'runs/r', { nodeId: 'a', status: 'running' }), run);
    expect(started.nodes[0]).toMatchObject({ status: 'running', startedAt: '2026-01-01T00:00:10Z', endedAt: null });
    expect(started.nodes[1]).toBe(run.nodes[1]);
    const ended = change(
      event('pipelines.node-ended', 'runs/r', { nodeId: 'a', status: 'completed' }, [], '2026-01-01T00:00:12Z'),
      started,
    );
    expect([ended.nodesDone, ended.nodes[0]?.endedAt]).toEqual([1, '2026-01-01T00:00:12Z']);
  });
  it('ignores an event that is older than what was read, of an unknown node, or before anything was read', () => {
    const done = change(event('pipelines.node-ended', 'runs/r', { nodeId: 'a', status: 'completed' }), run);
    expect(
      change(
        event('pipelines.node-started', 'runs/r', { nodeId: 'a', status: 'running' }, [], '2026-01-01T00:00:05Z'),
        done,
      ),
    ).toBe(done);
    expect(change(event('pipelines.node-started', 'runs/r', { nodeId: 'zz', status: 'running' }), run)).toBe(run);
    expect(
      effectsOf(event('pipelines.node-started', 'runs/r', { nodeId: 'a', status: 'running' })).patch?.change(undefined),
    ).toBeUndefined();
  });
  it('ends a run once', () => {
    const ended = change(event('pipelines.run-ended', 'runs/r', { status: 'completed' }), run);
    expect(ended).toMatchObject({ status: 'completed', endedAt: '2026-01-01T00:00:10Z' });
    expect(change(event('pipelines.run-started', 'runs/r', { status: 'running' }), ended)).toBe(ended);
  });
});
