// What is known to follow from the end of a node before the database is asked, and when nothing is.
import type { PipelineDefinition } from '@gathering/contract/pipeline-definition';
import { describe, expect, test } from 'vitest';
import { defineGraph } from '../../../test/define-graph.ts';
import type { Database } from '../../platform/db/database.ts';
import { layOutRun } from './rules.ts';
import { foresee, forgetShapes, rememberShape, shapeOf } from './run-shapes.ts';

/** Only a key here: no statement is sent. */
const aDatabase = (): Database => ({}) as Database;

const types = { t: 'trigger', a: 'action', c: 'condition', p: 'parallel', j: 'join', g: 'agent', d: 'delay' } as const;

/** Ids begin with the letter of their type; joins go on with the first that arrives. */
function define(edges: readonly string[]): PipelineDefinition {
  const ids = new Set(edges.flatMap((edge) => edge.split(/[>:]/).slice(0, 2)));
  const nodes = [...ids].map((id) => {
    const type = types[id[0] as keyof typeof types];
    return [id, type === 'join' ? { type, config: { mode: 'any' } } : type] as const;
  });
  return defineGraph(Object.fromEntries(nodes), edges);
}

function begin(definition: PipelineDefinition, endsForOthers = false, database = aDatabase(), id = 'run') {
  const { nodes } = layOutRun(definition);
  rememberShape(database, id, { shape: shapeOf(nodes), size: 100, endsForOthers });
  return (nodeId: string, branch: string | null = null, mayGoOn = true) =>
    foresee(database, { runId: id, nodeId, branch, mayGoOn });
}

describe('what follows', () => {
  test('in a chain the job goes on, and the run ends with the last node', () => {
    const after = begin(define(['t>a1', 'a1>a2']));
    expect(after('a1')).toEqual({ kind: 'goes-on', heir: expect.objectContaining({ id: 'a2' }) });
    expect(after('a2')).toEqual({ kind: 'run-ends' });
  });

  test('a job that may not go on is asked about, and so is an edge that is not taken', () => {
    expect(begin(define(['t>a1', 'a1>a2']))('a1', null, false)).toBeNull();
    const after = begin(define(['t>c1', 'c1>a2:then']));
    expect(after('c1', 'then')?.kind).toBe('goes-on');
    expect(after('c1', 'else')).toBeNull();
  });

  test.each(['g1', 'd1', 'p1'])('%s is not done in the slot of an action', (child) => {
    expect(begin(define(['t>a1', `a1>${child}`]))('a1')).toBeNull();
  });

  test('one that makes several ready is asked about', () => {
    expect(begin(define(['t>a1', 'a1>a2', 'a1>a3']))('a1')).toBeNull();
  });

  test('those before a join arrive there, and of the last one the database is asked', () => {
    const after = begin(define(['t>a1', 't>a2', 't>c3', 'a1>p1', 'a2>p1', 'c3>p1:then']));
    expect(after('c3', 'else')).toEqual({ kind: 'arrives', at: [{ nodeId: 'p1', isLive: false }] });
    expect(after('a1')).toEqual({ kind: 'arrives', at: [{ nodeId: 'p1', isLive: true }] });
    expect(after('a2')).toBeNull();
  });

  test('a join that some are enough for is asked about', () => {
    const after = begin(define(['t>a1', 't>a2', 't>a3', 'a1>j1', 'a2>j1', 'a3>j1']));
    expect(after('a1')).toBeNull();
  });

  test('the end of a run that concerns others, or comes with several nodes, is asked about', () => {
    expect(begin(define(['t>a1']), true)('a1')).toBeNull();
    expect(begin(define(['t>a1', 't>a2']))('a1')).toBeNull();
  });
});

describe('what is remembered', () => {
  test('is gone with the run, and nothing is known of runs that others began', () => {
    const database = aDatabase();
    const after = begin(define(['t>a1', 'a1>a2']), false, database);
    forgetShapes(database, ['run', 'another']);
    expect(after('a1')).toBeNull();
  });

  test('of one run tells nothing of another of the same graph', () => {
    const database = aDatabase();
    const shape = shapeOf(layOutRun(define(['t>a1', 't>a2', 'a1>p1', 'a2>p1'])).nodes);
    for (const id of ['r1', 'r2']) rememberShape(database, id, { shape, size: 100, endsForOthers: id === 'r2' });
    const after = (runId: string, nodeId: string) => foresee(database, { runId, nodeId, branch: null, mayGoOn: true });
    expect(after('r1', 'a1')).toEqual({ kind: 'arrives', at: [{ nodeId: 'p1', isLive: true }] });
    expect(after('r2', 'a2')).toEqual({ kind: 'arrives', at: [{ nodeId: 'p1', isLive: true }] });
    expect(after('r2', 'a1')).toBeNull();
    expect(after('r1', 'p1')).toEqual({ kind: 'run-ends' });
    expect(after('r2', 'p1')).toBeNull();
  });

  test('is bounded: what was used longest ago is forgotten first', () => {
    const database = aDatabase();
    const definition = define(['t>a1', 'a1>a2']);
    const shape = shapeOf(layOutRun(definition).nodes);
    const aThird = 2.6 * 1024 * 1024;
    for (const id of ['r1', 'r2', 'r3', 'r4'])
      rememberShape(database, id, { shape, size: aThird, endsForOthers: false });
    const known = ['r1', 'r2', 'r3', 'r4'].filter(
      (runId) => foresee(database, { runId, nodeId: 'a1', branch: null, mayGoOn: true }) !== null,
    );
    expect(known).toEqual(['r2', 'r3', 'r4']);
  });
});
