// A settlement that is sent before the database has answered: kept where all is as foreseen, else refused and done by asking.
import { beforeEach, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx, type TestCtx } from '../../../test/make-ctx.ts';
import type { NodeEnd } from './node-changes.ts';
import type { Consequence } from './run-shapes.ts';
import { nodeSettlement } from './settle-nodes.ts';
import { findRun, readNodeWork } from './store/runs.ts';
import { stopRuns } from './store/settle-nodes.ts';

eachDatabase((open) => {
  let ctx: TestCtx;
  let runId: string;
  const jobIds = new Map<string, string>();
  beforeEach(async () => {
    ctx = makeTestCtx(await open());
    runId = ctx.ids.next();
    jobIds.clear();
  });

  /** `a>b` is an edge; all nodes are actions whose parents are still open, but for those that have none. */
  async function begin(edges: readonly string[]): Promise<void> {
    const pairs = edges.map((edge) => edge.split('>'));
    const ids = [...new Set(pairs.flat())];
    const { database } = ctx;
    await database.query(
      `insert into pipeline.runs (id, pipeline_name, actor_id, status, nodes_total, open_nodes, created_at, started_at)
       values ($1, 'p', 'users/a', 'running', $2, $2, now(), now())`,
      [runId, ids.length],
    );
    await database.query(`insert into pipeline.run_bodies (run_id, definition, input) values ($1, '{}', '{}')`, [
      runId,
    ]);
    for (const [position, id] of ids.entries()) {
      const children = pairs.flatMap(([from, to]) => (from === id ? [to] : []));
      jobIds.set(id, ctx.ids.next());
      await database.query(
        `insert into pipeline.node_runs (run_id, node_id, position, type, name, config, children, child_when, status, waiting_for, job_id, inline_queue)
         values ($1, $2, $3, 'action', $2, '{}', $4, $5, 'pending', $6, $7, 'quick')`,
        [
          runId,
          id,
          position,
          children,
          children.map(() => null),
          pairs.filter(([, to]) => to === id).length,
          jobIds.get(id),
        ],
      );
    }
  }

  async function settle(nodeId: string, consequence: Consequence) {
    const [node] = await readNodeWork(ctx.database, [{ runId, nodeId }]);
    if (node === undefined) throw new Error(`There is no node ${nodeId}.`);
    const at = ctx.clock.now();
    const end: NodeEnd = {
      kind: 'end',
      ctx,
      runId,
      nodeId,
      jobId: jobIds.get(nodeId) ?? '',
      attempt: 0,
      type: 'action',
      status: 'completed',
      branch: null,
      isOvercome: false,
      mayGoOn: true,
      foreseen: { consequence, node, isDoubted: false },
      input: null,
      output: { made: nodeId },
      error: null,
      inputTokens: 0,
      outputTokens: 0,
      costUsd: null,
      startedAt: at,
      at,
      alongside: null,
    };
    const jobs = await ctx.tx(async (tx) => {
      await nodeSettlement.lock(tx, [end]);
      return nodeSettlement.commit(tx, [end]);
    });
    return { wasRefused: end.foreseen?.isDoubted, goesOnWith: jobs.map(({ id, payload }) => [id, payload.nodeId]) };
  }

  const goesOnWith = (id: string): Consequence => ({
    kind: 'goes-on',
    heir: { id, type: 'action', name: id, config: {} },
  });
  const change = (text: string) => ctx.database.query(text, [runId]);
  const readNodes = async () => {
    const { rows } = await ctx.database.query<{ node_id: string; status: string; waiting_for: number; job_id: string }>(
      'select node_id, status, waiting_for, live_parents, job_id, parked from pipeline.node_runs where run_id = $1 order by position',
      [runId],
    );
    return rows;
  };
  const readRun = async () =>
    (
      await ctx.database.query<{ status: string; open_nodes: number; output: unknown }>(
        'select status, open_nodes, output from pipeline.runs join pipeline.run_bodies on run_id = id where id = $1',
        [runId],
      )
    ).rows[0];
  const readEvents = async () =>
    (
      await ctx.database.query<{ told: string }>(
        `select type || coalesce(' ' || (payload ->> 'nodeId'), '') as told from event.events where subject = $1 order by id`,
        [`runs/${runId}`],
      )
    ).rows.map(({ told }) => told);

  it('is kept in a chain, to the end of the run', async () => {
    await begin(['a>b']);
    const own = jobIds.get('a') ?? '';
    expect(await settle('a', goesOnWith('b'))).toEqual({ wasRefused: false, goesOnWith: [[own, 'b']] });
    expect(await readNodes()).toMatchObject([
      { status: 'completed' },
      { status: 'pending', waiting_for: 0, live_parents: 1, job_id: own, parked: false },
    ]);
    jobIds.set('b', own);
    expect(await settle('b', { kind: 'run-ends' })).toEqual({ wasRefused: false, goesOnWith: [] });
    expect(await readRun()).toEqual({ status: 'completed', open_nodes: 0, output: { b: { made: 'b' } } });
    expect(await readEvents()).toEqual(['pipelines.node-ended a', 'pipelines.node-ended b', 'pipelines.run-ended']);
  });

  it('has what it went on from counted when it ends by asking, and shown before', async () => {
    await begin(['a>b', 'b>c', 'c>d']);
    jobIds.set('b', jobIds.get('a') ?? '').set('c', jobIds.get('a') ?? '');
    await settle('a', goesOnWith('b'));
    await settle('b', goesOnWith('c'));
    expect(await readRun()).toMatchObject({ open_nodes: 4 });
    expect(await findRun(ctx.database, runId)).toMatchObject({ nodes_done: 2 });
    expect(await settle('c', { kind: 'run-ends' })).toMatchObject({ wasRefused: true });
    expect(await readRun()).toMatchObject({ open_nodes: 1 });
    expect(await findRun(ctx.database, runId)).toMatchObject({ nodes_done: 3 });
  });

  it('has what it went on from counted when the run is stopped', async () => {
    await begin(['a>b', 'b>c']);
    jobIds.set('b', jobIds.get('a') ?? '');
    await settle('a', goesOnWith('b'));
    await ctx.tx((tx) => stopRuns(tx, [{ runId, status: 'cancelled', error: null }], ctx.clock.now()));
    expect(await findRun(ctx.database, runId)).toMatchObject({ status: 'cancelled', nodes_done: 1 });
  });

  it('is refused in a run that is paused by then: what follows has no job, and all is told once', async () => {
    await begin(['a>b']);
    await change(`update pipeline.runs set status = 'paused' where id = $1`);
    expect(await settle('a', goesOnWith('b'))).toEqual({ wasRefused: true, goesOnWith: [] });
    expect(await readNodes()).toMatchObject([{ status: 'completed' }, { status: 'pending', parked: true }]);
    expect(await readEvents()).toEqual(['pipelines.node-ended a']);
  });

  it.each([
    ['another attempt owns the node', 'update pipeline.node_runs set attempt = 1 where run_id = $1'],
    ['the run is over', `update pipeline.runs set status = 'cancelled' where id = $1`],
  ])('is refused and changes nothing where %s', async (_what, text) => {
    await begin(['a>b']);
    await change(text);
    const before = await readNodes();
    expect(await settle('a', goesOnWith('b'))).toEqual({ wasRefused: true, goesOnWith: [] });
    expect(await readNodes()).toEqual(before);
    expect(await readRun()).toMatchObject({ open_nodes: 2 });
    expect(await readEvents()).toEqual([]);
  });

  it('counts those that arrive at a join, and is refused by the last one, which makes it ready', async () => {
    await begin(['a>c', 'b>c']);
    const arrives: Consequence = { kind: 'arrives', at: [{ nodeId: 'c', isLive: true }] };
    expect(await settle('a', arrives)).toEqual({ wasRefused: false, goesOnWith: [] });
    expect(await readNodes()).toMatchObject([{}, { waiting_for: 1, live_parents: 1, job_id: jobIds.get('c') }, {}]);
    const own = jobIds.get('b') ?? '';
    expect(await settle('b', arrives)).toEqual({ wasRefused: true, goesOnWith: [[own, 'c']] });
    expect(await readNodes()).toMatchObject([{}, { waiting_for: 0, live_parents: 2, job_id: own }, {}]);
  });

  it('is refused as the end of a run of which another node is open', async () => {
    await begin(['a>b', 'c>d']);
    expect(await settle('b', { kind: 'run-ends' })).toEqual({ wasRefused: true, goesOnWith: [] });
    expect(await readRun()).toEqual({ status: 'running', open_nodes: 3, output: null });
    expect(await readEvents()).toEqual(['pipelines.node-ended b']);
  });
});
