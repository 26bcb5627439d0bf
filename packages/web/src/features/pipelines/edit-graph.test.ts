import { checkGraph } from '@gathering/contract/check-graph';
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { describe, expect, it } from 'vitest';
import { begin, type Edit, type EditState, edit, emptyDefinition, freeId } from './edit-graph.ts';

const start = (): EditState => begin({ ...emptyDefinition(), name: 'Line' });
const apply = (state: EditState, ...edits: Edit[]): EditState => edits.reduce(edit, state);
const ids = ({ now }: EditState): string[] => now.nodes.map((node) => node.id);
const edges = ({ now }: EditState): string[] =>
  now.edges.map((one) => `${one.from}>${one.to}${one.when ? `:${one.when}` : ''}`);

describe('adding and connecting', () => {
  it('adds a node below the one it follows, connects it and selects it', () => {
    const state = apply(start(), { do: 'add', node: { type: 'delay', after: 'start' } });
    expect([ids(state), edges(state), state.selected]).toEqual([['start', 'delay'], ['start>delay'], ['delay']]);
    const [first, second] = state.now.nodes;
    expect(second?.position?.y).toBeGreaterThan(first?.position?.y ?? 0);
    expect(checkGraph(state.now)).toEqual([]);
  });
  it('gives each node an id of its own and a place of its own', () => {
    const add: Edit = { do: 'add', node: { type: 'delay', after: 'start' } };
    const state = apply(start(), add, add, add);
    expect(ids(state)).toEqual(['start', 'delay', 'delay_2', 'delay_3']);
    expect(new Set(state.now.nodes.map((node) => `${node.position?.x} ${node.position?.y}`)).size).toBe(4);
    expect(freeId('Read the History!', new Set())).toBe('read_the_history');
  });
  it('takes the settings of a tool as they are given', () => {
    const state = apply(start(), {
      do: 'add',
      node: { type: 'action', name: 'git_log', config: { kind: 'callTool', tool: 'git_log' }, after: 'start' },
    });
    expect(state.now.nodes[1]?.config).toEqual({ kind: 'callTool', tool: 'git_log' });
  });
  it('leads out of a condition first along then, next along else', () => {
    const state = apply(
      start(),
      { do: 'add', node: { type: 'condition', after: 'start' } },
      { do: 'add', node: { type: 'delay', name: 'a', after: 'condition' } },
      { do: 'add', node: { type: 'delay', name: 'b', after: 'condition' } },
    );
    expect(edges(state)).toEqual(['start>condition', 'condition>a:then', 'condition>b:else']);
  });
  it('refuses edges to itself, into a trigger, to nowhere and twice', () => {
    const state = apply(start(), { do: 'add', node: { type: 'delay', after: 'start' } });
    const connects: Edit[] = [
      { do: 'connect', from: 'delay', to: 'delay' },
      { do: 'connect', from: 'delay', to: 'start' },
      { do: 'connect', from: 'delay', to: 'nowhere' },
      { do: 'connect', from: 'start', to: 'delay' },
    ];
    for (const one of connects) expect(edit(state, one)).toBe(state);
  });
});

describe('changing and removing', () => {
  it('removes the edges of a removed node', () => {
    const state = apply(
      start(),
      { do: 'add', node: { type: 'delay', after: 'start' } },
      { do: 'remove', nodes: ['delay'], edges: [] },
    );
    expect([ids(state), edges(state)]).toEqual([['start'], []]);
  });
  it('carries a new id into edges and into the texts that refer to it, and into no longer name', () => {
    const state = apply(
      start(),
      { do: 'add', node: { type: 'agent', name: 'a', after: 'start' } },
      {
        do: 'add',
        node: {
          type: 'agent',
          name: 'b',
          config: { agentId: 'x', task: '{{ nodes.a.output.text }} {{ nodes.ab.output }}' },
          after: 'a',
        },
      },
      { do: 'rename-id', id: 'a', to: 'history' },
    );
    expect(edges(state)).toEqual(['start>history', 'history>b']);
    expect(state.now.nodes[2]?.config.task).toBe('{{ nodes.history.output.text }} {{ nodes.ab.output }}');
    expect(edit(state, { do: 'rename-id', id: 'history', to: 'b' })).toBe(state);
    expect(edit(state, { do: 'rename-id', id: 'history', to: 'not an id' })).toBe(state);
  });
  it('pastes copies with their inner edges under ids of their own', () => {
    const state = apply(
      start(),
      { do: 'add', node: { type: 'delay', name: 'a', after: 'start' } },
      { do: 'add', node: { type: 'delay', name: 'b', after: 'a' } },
    );
    const pasted = edit(state, { do: 'paste', nodes: state.now.nodes.slice(1), edges: state.now.edges.slice(1) });
    expect([ids(pasted).slice(3), edges(pasted).slice(2), pasted.selected]).toEqual([
      ['a_2', 'b_2'],
      ['a_2>b_2'],
      ['a_2', 'b_2'],
    ]);
  });
  it('lays out a definition that has no places yet, and keeps places that are there', () => {
    const bare: PipelineDefinition = {
      name: 'x',
      description: '',
      nodes: [
        { id: 't', type: 'trigger', config: {} },
        { id: 'd', type: 'delay', config: { seconds: 1 } },
      ],
      edges: [{ from: 't', to: 'd' }],
    };
    const placed = begin(bare).now;
    expect(placed.nodes.every((node) => node.position)).toBe(true);
    expect(begin(placed).now).toBe(placed);
  });
});

describe('undo and redo', () => {
  it('goes back and forth one step at a time', () => {
    const state = apply(
      start(),
      { do: 'add', node: { type: 'delay', after: 'start' } },
      { do: 'remove', nodes: ['delay'], edges: [] },
    );
    const back = apply(state, { do: 'undo' });
    expect([
      ids(state),
      ids(back),
      ids(apply(back, { do: 'undo' })),
      ids(apply(back, { do: 'undo' }, { do: 'redo' }, { do: 'redo' })),
    ]).toEqual([['start'], ['start', 'delay'], ['start'], ['start']]);
  });
  it('takes typing in one node as one step, and begins another after a look elsewhere', () => {
    const typed = apply(start(), { do: 'change', id: 'start', name: 'B' }, { do: 'change', id: 'start', name: 'Be' });
    expect(typed.past).toHaveLength(1);
    expect(
      apply(typed, { do: 'select', ids: ['start'] }, { do: 'change', id: 'start', name: 'Beg' }).past,
    ).toHaveLength(2);
    expect(edit(typed, { do: 'undo' }).now.nodes[0]?.name).toBe('Start');
  });
  it('forgets what was undone once something else is done', () => {
    const state = apply(start(), { do: 'describe', name: 'A' }, { do: 'undo' }, { do: 'add', node: { type: 'delay' } });
    expect(state.future).toEqual([]);
    expect(edit(state, { do: 'redo' })).toBe(state);
  });
  it('has nothing to go back to at the beginning', () => {
    const state = start();
    expect(edit(state, { do: 'undo' })).toBe(state);
  });
});
