// The node types that steer a run, through the API of a whole server: branches, joins, transforms, sub-runs, lists, waits.
import { listEventsRoute } from '@gathering/contract/events';
import type { Json } from '@gathering/contract/json';
import {
  cancelRunRoute,
  listRunsRoute,
  sendSignalRoute,
  signalNodeRoute,
  startRunRoute,
} from '@gathering/contract/pipelines';
import { publishPipelineRoute } from '@gathering/contract/pipelines-versions';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Api,
  chain,
  countEnds,
  createPipeline,
  type GivenNode,
  makeDefinition,
  nodeOf,
  onceEach,
  readRun,
  signIn,
  startDefinition,
  statusesOf,
  waitForEnd,
  waitForRun,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type OutsideServer, startOutsideServer } from '../fakes/http-server.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { waitFor } from '../wait-for.ts';

const transform = (id: string, expression: string): GivenNode => ({ id, type: 'transform', config: { expression } });
const expectOnce = async (api: Api, runId: string) =>
  expect(await countEnds(api, runId)).toEqual(onceEach(await readRun(api, runId)));

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let api: Api;
  let outside: OutsideServer;
  /** Calls that hang until they are let go, by path. */
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const gate = (path: string) => {
    const made = gates.get(path) ?? Promise.withResolvers<void>();
    gates.set(path, made);
    return made;
  };
  beforeAll(async () => {
    outside = await startOutsideServer(async ({ path }) => {
      if (path.startsWith('/gate')) await gate(path).promise;
      return undefined;
    });
    server = await startInProcess(await makePlace(), { GATHERING_EGRESS_ALLOW: outside.hostPort });
    api = await signIn(server.url);
  });
  afterAll(async () => {
    for (const { resolve } of gates.values()) resolve();
    await server?.stop();
    await outside?.close();
  });

  const get = (id: string, path: string): GivenNode => ({
    id,
    type: 'action',
    config: { kind: 'callApi', url: `${outside.url}/${path}`, method: 'GET' },
  });
  const run = async (name: string, nodes: GivenNode[], edges: [string, string, string?][], input: Json = {}) =>
    waitForEnd(api, (await startDefinition(api, makeDefinition(name, nodes, edges), input)).id);

  it('a transform makes one value, or a value with fields', async () => {
    const nodes: GivenNode[] = [
      transform('sum', 'input.a + input.b'),
      {
        id: 'both',
        type: 'transform',
        config: { fields: { total: 'nodes.sum.output', twice: 'nodes.sum.output * 2' } },
      },
      transform('broken', 'input.missing'),
    ];
    const sound = await run('Transforms', nodes.slice(0, 2), chain('start', 'sum', 'both'), { a: 1, b: 2 });
    expect([nodeOf(sound, 'sum').output, nodeOf(sound, 'both').output]).toEqual([3, { total: 3, twice: 6 }]);
    const failed = await run('Broken', nodes.slice(2), chain('start', 'broken'));
    expect(failed.error).toMatchObject({ code: 'pipelines.expression-failed', nodeId: 'broken' });
  });

  it('a condition with many branches takes the first that is true, or the otherwise', async () => {
    const branches = [
      { name: 'small', expression: 'input.size < 10' },
      { name: 'medium', expression: 'input.size < 100' },
    ];
    const nodes: GivenNode[] = [
      { id: 'size', type: 'condition', config: { branches, otherwise: 'large' } },
      ...['small', 'medium', 'large'].map((id) => transform(id, '"done"')),
    ];
    const edges: [string, string, string?][] = [
      ['start', 'size'],
      ...['small', 'medium', 'large'].map((id): [string, string, string] => ['size', id, id]),
    ];
    for (const [size, taken] of [
      [3, 'small'],
      [30, 'medium'],
      [300, 'large'],
    ] as const) {
      const ended = await run('Branches', nodes, edges, { size });
      const completed = ended.nodes.filter(({ status }) => status === 'completed').map(({ id }) => id);
      expect(completed).toEqual(['start', 'size', taken]);
      expect([nodeOf(ended, 'size').branch, nodeOf(ended, 'size').output]).toEqual([taken, { result: taken }]);
      await expectOnce(api, ended.id);
    }
  });

  it('a join goes on with the first, with so many, or not at all, and what comes later changes nothing', async () => {
    const { resolve } = gate('/gate-join');
    const nodes: GivenNode[] = [
      transform('quick', '1'),
      transform('other', '2'),
      get('slow', 'gate-join'),
      { id: 'first', type: 'join', config: { mode: 'any' } },
      { id: 'two', type: 'join', config: { mode: 'count', count: 2 } },
      { id: 'all', type: 'join', config: { mode: 'all' } },
      transform('afterFirst', '"first"'),
      transform('afterTwo', '"two"'),
      { id: 'no', type: 'condition', config: { expression: 'false' } },
      transform('never', '0'),
      { id: 'impossible', type: 'join', config: { mode: 'count', count: 3 } },
      transform('afterImpossible', '0'),
    ];
    const from = (id: string) => ['quick', 'other', 'slow'].map((one): [string, string] => [one, id]);
    const edges: [string, string, string?][] = [
      ...['quick', 'other', 'slow', 'no'].map((id): [string, string] => ['start', id]),
      ...['first', 'two', 'all'].flatMap(from),
      ['first', 'afterFirst'],
      ['two', 'afterTwo'],
      ['no', 'never', 'then'],
      ...['quick', 'never', 'slow'].map((id): [string, string] => [id, 'impossible']),
      ['impossible', 'afterImpossible'],
    ];
    const { id } = await startDefinition(api, makeDefinition('Joins', nodes, edges));
    const waiting = await waitForRun(
      api,
      id,
      'to be past two joins',
      (one) =>
        nodeOf(one, 'afterFirst').status === 'completed' &&
        nodeOf(one, 'afterTwo').status === 'completed' &&
        nodeOf(one, 'afterImpossible').status === 'skipped',
    );
    // Two of three arrive and one never will: that is known before the slow one has ended.
    expect(statusesOf(waiting)).toMatchObject({ all: 'pending', impossible: 'skipped' });
    expect(nodeOf(waiting, 'slow').endedAt).toBeNull();
    resolve();
    const ended = await waitForEnd(api, id);
    expect(ended.status).toBe('completed');
    expect(statusesOf(ended)).toMatchObject({ slow: 'completed', all: 'completed', first: 'completed' });
    await expectOnce(api, id);
  });

  it('a join whose parents all are done with the start goes on once', async () => {
    const nodes: GivenNode[] = [
      { id: 'left', type: 'parallel' },
      { id: 'right', type: 'parallel' },
      { id: 'any', type: 'join', config: { mode: 'any' } },
      transform('after', '1'),
    ];
    const edges = [...chain('start', 'left', 'any'), ...chain('start', 'right', 'any'), ['any', 'after']] as [
      string,
      string,
    ][];
    const ended = await run('At once', nodes, edges);
    expect([ended.status, ended.nodesDone]).toEqual(['completed', 5]);
    await expectOnce(api, ended.id);
  });

  it('a sub-run gives its output to the node, fails it with its cause, and is cancelled with it', async () => {
    const inner = await createPipeline(
      api,
      makeDefinition('Inner', [transform('double', 'input.value * 2')], chain('start', 'double')),
    );
    const call = (pipelineId: string, input?: Json): GivenNode => ({
      id: 'call',
      type: 'pipeline',
      config: { pipelineId, ...(input !== undefined && { input }) },
    });
    const done = await run('Outer', [call(inner.id, { value: '{{ input.n }}' })], chain('start', 'call'), { n: 21 });
    expect(nodeOf(done, 'call').output).toEqual({ double: 42 });
    const { items } = await api.call(listRunsRoute, { query: { parentRunId: done.id } });
    expect(items.map(({ parent, status }) => [parent, status])).toEqual([
      [{ runId: done.id, nodeId: 'call', item: null }, 'completed'],
    ]);
    const all = await api.call(listRunsRoute, { query: {} });
    expect(all.items.map(({ id }) => id)).not.toContain(items[0]?.id);

    const failed = await run('Outer', [call(inner.id, {})], chain('start', 'call'));
    expect(failed.error).toMatchObject({ code: 'pipelines.sub-run-failed', nodeId: 'call' });
    expect(failed.error?.message).toContain('input.value');

    const hanging = await createPipeline(
      api,
      makeDefinition('Hanging', [get('hang', 'gate-sub')], chain('start', 'hang')),
    );
    const { id } = await startDefinition(api, makeDefinition('Outer', [call(hanging.id)], chain('start', 'call')));
    await waitFor('the call', () => outside.callsOf('/gate-sub').length === 1);
    expect(nodeOf(await readRun(api, id), 'call').waitingFor?.kind).toBe('runs');
    await api.call(cancelRunRoute, { params: { id } });
    const subRuns = await api.call(listRunsRoute, { query: { parentRunId: id } });
    expect(subRuns.items.map(({ status }) => status)).toEqual(['cancelled']);
    await waitFor('the call to be aborted', () => outside.callsOf('/gate-sub')[0]?.wasAborted);
    await expectOnce(api, id);
  });

  it('a pipeline that runs itself ends at the limit of depth', async () => {
    const pipeline = await createPipeline(
      api,
      makeDefinition('Itself', [transform('one', '1')], chain('start', 'one')),
    );
    const again: GivenNode = { id: 'again', type: 'pipeline', config: { pipelineId: pipeline.id } };
    const { nodes, edges } = makeDefinition('Itself', [again], chain('start', 'again'));
    const change = { nodes, edges, version: pipeline.version };
    const reply = await api.request('PATCH', `/api/pipelines/${pipeline.id}`, {
      body: JSON.stringify(change),
      headers: { 'content-type': 'application/json' },
    });
    expect(reply.status).toBe(200);
    await api.call(publishPipelineRoute, { params: { id: pipeline.id }, body: undefined });
    const started = await api.call(startRunRoute, { params: { id: pipeline.id }, body: {} });
    const ended = await waitForEnd(api, started.id);
    expect(ended.status).toBe('failed');
    expect(ended.error?.message).toContain('8 levels deep');
    const { items } = await api.call(listRunsRoute, { query: { pipelineId: pipeline.id, limit: 200 } });
    expect(items.map(({ status }) => status)).toEqual(Array.from({ length: 9 }, () => 'failed'));
  });

  it('a list is worked through in order of its items, never more at a time than is said', async () => {
    const paths = Array.from({ length: 7 }, (_, at) => `/gate-map-${at}`);
    const inner = await createPipeline(
      api,
      makeDefinition(
        'Item',
        [get('ask', 'gate-map-{{ input.index }}'), transform('tell', 'input.item + "!"')],
        chain('start', 'ask', 'tell'),
      ),
    );
    const map: GivenNode = {
      id: 'each',
      type: 'map',
      config: { items: 'input.words', pipelineId: inner.id, concurrency: 3 },
    };
    const words = paths.map((_, at) => `word ${at}`);
    const { id } = await startDefinition(api, makeDefinition('List', [map], chain('start', 'each')), { words });
    const asked = () => paths.filter((path) => outside.callsOf(path).length > 0);
    await waitFor('three calls', () => asked().length === 3);
    const { items } = await api.call(listRunsRoute, { query: { parentRunId: id, parentNodeId: 'each' } });
    expect(items).toHaveLength(3);
    gate(paths[1] ?? '').resolve();
    await waitFor('one call more', () => asked().length === 4);
    expect((await api.call(listRunsRoute, { query: { parentRunId: id, status: 'running' } })).items).toHaveLength(3);
    for (const path of paths) gate(path).resolve();
    const ended = await waitForEnd(api, id);
    expect(nodeOf(ended, 'each').output).toEqual(words.map((word) => ({ tell: `${word}!` })));
    expect(paths.map((path) => outside.callsOf(path).length)).toEqual(paths.map(() => 1));
    await expectOnce(api, id);
  });

  it('an item that fails fails the node, or leaves null where that is wanted; an empty list is done at once', async () => {
    const input = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] };
    const inner = await createPipeline(
      api,
      makeDefinition('Divide', [transform('part', '12 / input.n')], chain('start', 'part'), input),
    );
    const each = (more: Record<string, Json>): GivenNode => ({
      id: 'each',
      type: 'map',
      config: { items: 'input.list', pipelineId: inner.id, input: { n: '{{ item }}' }, ...more },
    });
    const list = [1, 0, 'three', 4];
    const edges = chain('start', 'each');
    const stopped = await run('Stops', [each({ concurrency: 1 })], edges, { list });
    expect(stopped.error).toMatchObject({ code: 'pipelines.map-item-failed', nodeId: 'each' });
    expect(stopped.error?.message).toMatch(/^Item 2 of 4 failed: .*zero/i);
    const whole = await run('Goes on', [each({ onItemError: 'continue' })], edges, { list });
    expect(nodeOf(whole, 'each').output).toEqual([{ part: 12 }, null, null, { part: 3 }]);
    expect(nodeOf(await run('Empty', [each({})], edges, { list: [] }), 'each').output).toEqual([]);
    expect((await run('No list', [each({})], edges, { list: 5 })).error?.code).toBe('pipelines.map-no-list');
    const long = await run('Long', [each({})], edges, { list: Array.from({ length: 1_001 }, () => 1) });
    expect(long.error).toMatchObject({ code: 'pipelines.map-too-long' });
  });

  it('an agent works on each item', async () => {
    const each: GivenNode = {
      id: 'each',
      type: 'map',
      config: { items: '["Ada", "Bob"]', agentId: 'assistant', task: 'Say who {{ item }} is, the {{ index }}.' },
    };
    const ended = await run('Agents', [each], chain('start', 'each'));
    const output = nodeOf(ended, 'each').output as { text: string }[];
    expect(output.map(({ text }) => typeof text)).toEqual(['string', 'string']);
    expect(nodeOf(ended, 'each').inputTokens).toBeGreaterThan(0);
  });

  it('a node waits for a call with its key; a second call and a wrong key are refused', async () => {
    const wait: GivenNode = { id: 'paid', type: 'wait', config: { kind: 'signal', key: 'order {{ input.order }}' } };
    const definition = makeDefinition(
      'Paying',
      [wait, transform('after', 'nodes.paid.output.amount')],
      chain('start', 'paid', 'after'),
    );
    const waitsForCall = async (order: number) => {
      const { id } = await startDefinition(api, definition, { order });
      await waitForRun(api, id, 'to wait', (one) => nodeOf(one, 'paid').waitingFor?.kind === 'signal');
      return id;
    };
    const id = await waitsForCall(7);
    const params = { id, nodeId: 'paid' };
    const send = (key: string) => api.call(signalNodeRoute, { params, body: { key, body: { amount: 5 } } });
    await expect(send('order 8')).rejects.toMatchObject({ problem: { code: 'pipelines.signal-key-wrong' } });
    const results = await Promise.allSettled([send('order 7'), send('order 7')]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(nodeOf(await waitForEnd(api, id), 'after').output).toBe(5);
    await expectOnce(api, id);

    const [first, second] = [await waitsForCall(9), await waitsForCall(9)];
    const body = { key: 'order 9', body: { amount: 1 } };
    const { delivered } = await api.call(sendSignalRoute, { body });
    expect(delivered.map(({ runId }) => runId).toSorted()).toEqual([first, second].toSorted());
    expect((await api.call(sendSignalRoute, { body })).delivered).toEqual([]);
    expect((await waitForEnd(api, first)).status).toBe('completed');
  });

  it('a node waits for the first event that fits, and for none from before', async () => {
    const config = {
      kind: 'event',
      event: 'pipelines.created',
      match: 'event.payload.name == key',
      key: '{{ input.name }}',
    };
    const wait: GivenNode = { id: 'made', type: 'wait', config };
    const make = (name: string) =>
      createPipeline(api, makeDefinition(name, [transform('one', '1')], chain('start', 'one')));
    await make('Awaited');
    const { id } = await startDefinition(api, makeDefinition('Waiting', [wait], chain('start', 'made')), {
      name: 'Awaited',
    });
    await waitForRun(api, id, 'to wait', (one) => nodeOf(one, 'made').waitingFor?.kind === 'event');
    await make('Another');
    const made = await make('Awaited');
    const ended = await waitForEnd(api, id);
    expect(nodeOf(ended, 'made').output).toMatchObject({
      subject: `pipelines/${made.id}`,
      payload: { name: 'Awaited' },
    });
    await expectOnce(api, id);
    const query = { subject: `runs/${id}`, type: 'pipelines.node-signalled' as const };
    expect((await api.call(listEventsRoute, { query })).items).toHaveLength(1);
  });

  it('a wait ends at its time: the node fails, goes on, or takes the way for it', async () => {
    const wait = (more: Record<string, Json>): GivenNode => ({
      id: 'late',
      type: 'wait',
      config: { kind: 'signal', timeoutSeconds: 0.05, ...more },
    });
    const after = transform('after', '1');
    const failed = await run('Late', [wait({}), after], chain('start', 'late', 'after'));
    expect([failed.error?.code, nodeOf(failed, 'late').status]).toEqual(['pipelines.wait-timeout', 'timed_out']);
    const gone = await run('Late', [wait({ onTimeout: 'continue' }), after], chain('start', 'late', 'after'));
    expect([gone.status, nodeOf(gone, 'after').status]).toEqual(['completed', 'completed']);
    const other = transform('other', '2');
    const way = await run(
      'Late',
      [wait({}), after, other],
      [
        ['start', 'late'],
        ['late', 'after'],
        ['late', 'other', 'timeout'],
      ],
    );
    expect(statusesOf(way)).toMatchObject({ after: 'skipped', other: 'completed', late: 'completed' });
  });
});
