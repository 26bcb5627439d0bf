// Runs that begin again or wait for their turn, where it goes wrong easily: what was decided stays decided, what people and
// settings say holds whatever way a run begins, and nothing waits for something that never comes.
import type { Json } from '@gathering/contract/json';
import {
  cancelRunRoute,
  type Run,
  readPipelineRoute,
  runDefinitionRoute,
  startRunRoute,
} from '@gathering/contract/pipelines';
import { forkRunRoute, pauseRunRoute, resumeRunRoute, retryRunRoute } from '@gathering/contract/pipelines-controls';
import { exportPipelineRoute, importPipelineRoute } from '@gathering/contract/pipelines-versions';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { deleteOldRuns } from '../../src/features/pipelines/store/runs.ts';
import {
  type Api,
  chain,
  createPipeline,
  type GivenNode,
  makeDefinition,
  nodeOf,
  readRun,
  signIn,
  startDefinition,
  statusesOf,
  waitForEnd,
  waitForRun,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type GatedServer, startGatedServer } from '../fakes/gated-server.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { waitFor } from '../wait-for.ts';

const transform = (id: string, expression: string): GivenNode => ({ id, type: 'transform', config: { expression } });
const delay = (id: string): GivenNode => ({ id, type: 'delay', config: { seconds: 3600 } });

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let api: Api;
  let outside: GatedServer;
  beforeAll(async () => {
    outside = await startGatedServer();
    server = await startInProcess(await makePlace(), { GATHERING_EGRESS_ALLOW: outside.hostPort });
    api = await signIn(server.url);
  });
  afterEach(() => {
    outside.open();
    outside.shut();
  });
  afterAll(async () => {
    outside?.open();
    await server?.stop();
    await outside?.close();
  });

  const call = (id: string, path: string, method = 'GET'): GivenNode => ({
    id,
    type: 'action',
    config: { kind: 'callApi', method, url: `${outside.url}/${path}` },
  });
  const calls = (path: string) => outside.callsOf(`/${path}`).length;
  const at = (id: string) => ({ params: { id } });
  const codeOf = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => 'done',
      (error: { problem: { code: string } }) => error.problem.code,
    );
  const statusOf = async (id: string) => (await readRun(api, id)).status;
  const hold = (name: string, controls: { concurrencyKey: string; concurrencyLimit?: number }): Promise<Run> =>
    api.call(runDefinitionRoute, {
      body: { definition: makeDefinition(name, [delay('waits')], chain('start', 'waits')), ...controls },
    });

  /** `order` begins behind a way that was not taken, while `slow`, which the join did not need, still runs. */
  const pastJoin = (name: string, path: string) =>
    makeDefinition(
      name,
      [
        transform('quick', '1'),
        call('slow', `gate-slow-${path}`),
        { id: 'first', type: 'join', config: { mode: 'any' } },
        { id: 'which', type: 'condition', config: { expression: 'false' } },
        transform('no', '1'),
        transform('yes', '2'),
        call('order', `gate-order-${path}`, 'POST'),
      ],
      [
        ...chain('start', 'quick', 'first', 'which'),
        ...chain('start', 'slow', 'first'),
        ['which', 'no', 'then'],
        ['which', 'yes', 'else'],
        ...chain('no', 'order'),
        ...chain('yes', 'order'),
      ],
    );

  it('a retry asks before an effect that was cut off, also where a way into its node was not taken', async () => {
    const { id } = await startDefinition(api, pastJoin('Sealed', 'asked'));
    await waitFor('both calls', () => calls('gate-order-asked') === 1 && calls('gate-slow-asked') === 1);
    await api.call(cancelRunRoute, at(id));
    await api.call(retryRunRoute, at(id));
    const run = await waitForRun(api, id, 'to ask', (one) => nodeOf(one, 'order').status === 'waiting');
    expect(nodeOf(run, 'order').waitingFor?.kind).toBe('decision');
    expect(statusesOf(run)).toMatchObject({ no: 'skipped', yes: 'completed', first: 'completed' });
    expect(calls('gate-order-asked')).toBe(1);
    await api.call(cancelRunRoute, at(id));
  });

  it('a retried run whose turn has not come begins nothing', async () => {
    const group = { concurrencyKey: 'sealed' };
    const { id } = await api.call(runDefinitionRoute, { body: { definition: pastJoin('Turn', 'turn'), ...group } });
    await waitFor('both calls', () => calls('gate-order-turn') === 1 && calls('gate-slow-turn') === 1);
    await api.call(cancelRunRoute, at(id));
    const other = await hold('Turn', group);
    expect(other.status).toBe('running');
    expect((await api.call(retryRunRoute, at(id))).status).toBe('pending');
    const { rows } = await server.database.query(
      `select 1 from pgboss.job where data -> 'payload' ->> 'runId' = $1 and state in ('created', 'retry', 'active')`,
      [id],
    );
    expect(rows).toEqual([]);
    await api.call(cancelRunRoute, at(other.id));
    await waitForRun(api, id, 'to have its turn', (one) => nodeOf(one, 'order').status === 'waiting');
    expect([calls('gate-order-turn'), await statusOf(id)]).toEqual([1, 'waiting']);
    await api.call(cancelRunRoute, at(id));
  });

  it('a fork goes on from what it is told has arrived, and people are not spoken for', async () => {
    const nodes: GivenNode[] = [
      { id: 'paid', type: 'wait', config: { kind: 'signal' } },
      transform('after', 'nodes.paid.output.sum + 1'),
      { id: 'ask', type: 'approval', config: { title: 'Good?' } },
      transform('end', '1'),
    ];
    const { id } = await startDefinition(
      api,
      makeDefinition('Told', nodes, chain('start', 'paid', 'after', 'ask', 'end')),
    );
    await waitForRun(api, id, 'to wait', (run) => nodeOf(run, 'paid').status === 'waiting');
    await api.call(cancelRunRoute, at(id));
    const fork = (nodeId: string, outputs: Record<string, Json>) =>
      api.call(forkRunRoute, { ...at(id), body: { nodeId, outputs } });
    const forked = await fork('after', { paid: { sum: 41 } });
    const run = await waitForRun(api, forked.id, 'to ask', (one) => nodeOf(one, 'ask').status === 'waiting');
    expect([nodeOf(run, 'paid').branch, nodeOf(run, 'after').output]).toEqual(['arrived', 42]);
    await expect(fork('end', { paid: 1, after: 1, ask: { decision: 'approved' } })).rejects.toMatchObject({
      problem: {
        code: 'pipelines.fork-impossible',
        faults: [expect.objectContaining({ rule: 'approval', nodeId: 'ask' })],
      },
    });
    await api.call(cancelRunRoute, at(forked.id));
  });

  it('a fork of a published version tells which one it runs', async () => {
    const pipeline = await createPipeline(
      api,
      makeDefinition('Published', [transform('end', '1')], chain('start', 'end')),
    );
    const first = await waitForEnd(api, (await api.call(startRunRoute, { ...at(pipeline.id), body: {} })).id);
    const fork = await api.call(forkRunRoute, { ...at(first.id), body: { nodeId: 'end' } });
    expect([first.pipelineVersion, fork.pipelineVersion]).toEqual([1, 1]);
  });

  it('a key that would become larger than anybody can read is refused with the reason', async () => {
    const definition = {
      ...makeDefinition('Large key', [transform('end', '1')], chain('start', 'end')),
      settings: { concurrencyKey: '{{ input.a }}'.repeat(70) },
    };
    expect(await codeOf(startDefinition(api, definition, { a: 'x'.repeat(100_000) }))).toBe('pipelines.input-invalid');
  });

  it('a file without settings takes those of the pipeline away that it is imported into', async () => {
    const definition = makeDefinition('File', [transform('end', '1')], chain('start', 'end'));
    const plain = await createPipeline(api, definition);
    const { id } = await createPipeline(api, { ...definition, settings: { priority: 'high', timeoutSeconds: 60 } });
    const withSettings = await api.call(exportPipelineRoute, { ...at(id), query: {} });
    expect(withSettings).toContain('timeoutSeconds: 60');
    const text = String(await api.call(exportPipelineRoute, { ...at(plain.id), query: {} }));
    await api.call(importPipelineRoute, { body: { text, pipelineId: id } });
    expect((await api.call(readPipelineRoute, at(id))).settings).toBeUndefined();
  });

  it('a run that gives up its place in the line lets those behind it begin that may', async () => {
    const key = { concurrencyKey: 'line' };
    const first = await hold('Line', { ...key, concurrencyLimit: 3 });
    const narrow = await hold('Line', { ...key, concurrencyLimit: 1 });
    const behind = await hold('Line', { ...key, concurrencyLimit: 3 });
    expect([first.status, narrow.status, behind.status]).toEqual(['running', 'pending', 'pending']);
    await api.call(cancelRunRoute, at(narrow.id));
    await waitForRun(api, behind.id, 'to begin', (run) => run.status === 'running');
    for (const { id } of [first, behind]) await api.call(cancelRunRoute, at(id));
  });

  it('what a list began is not removed before its run has seen it, however long that is paused', async () => {
    const inner = await createPipeline(
      api,
      makeDefinition('Old item', [call('ask', 'gate-old')], chain('start', 'ask')),
    );
    const each: GivenNode = {
      id: 'each',
      type: 'map',
      config: { items: '["a", "b"]', pipelineId: inner.id, concurrency: 1 },
    };
    const { id } = await startDefinition(api, makeDefinition('Old list', [each], chain('start', 'each')));
    await waitFor('the first item', () => calls('gate-old') === 1);
    await api.call(pauseRunRoute, at(id));
    outside.open();
    const below = async () =>
      (
        await server.database.query<{ status: string }>(`select status from pipeline.runs where parent_run_id = $1`, [
          id,
        ])
      ).rows.map(({ status }) => status);
    await waitFor('its end', async () => (await below())[0] === 'completed');
    const later = new Date(Date.now() + 86_400_000);
    await server.database.transaction((tx) => deleteOldRuns(tx, later, 1000));
    expect(await below()).toEqual(['completed']);
    await api.call(resumeRunRoute, at(id));
    expect((await waitForEnd(api, id)).status).toBe('completed');
    expect(calls('gate-old')).toBe(2);
    await server.database.transaction((tx) => deleteOldRuns(tx, later, 1000));
    expect(await below()).toEqual([]);
  });
});
