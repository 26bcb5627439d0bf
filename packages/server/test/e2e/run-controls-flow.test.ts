// What people do with runs whose nodes wait for other runs, for people and for each other: a pause reaches the runs below, what
// was waited for is heard meanwhile, and a retry or fork counts joins as the run itself would have.
import { castVoteRoute, listApprovalsRoute } from '@gathering/contract/approvals';
import type { Json } from '@gathering/contract/json';
import { redriveDeadLetterRoute } from '@gathering/contract/operations-dead-letters';
import { cancelRunRoute, listRunsRoute, type Run, signalNodeRoute } from '@gathering/contract/pipelines';
import { forkRunRoute, pauseRunRoute, resumeRunRoute, retryRunRoute } from '@gathering/contract/pipelines-controls';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/platform/ids.ts';
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
import { insertDeadLetter } from '../insert-dead-letter.ts';
import { waitFor } from '../wait-for.ts';

const transform = (id: string, expression: string): GivenNode => ({ id, type: 'transform', config: { expression } });

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let api: Api;
  let outside: GatedServer;
  /** Paths that are answered with 500. */
  const broken = new Set<string>();
  beforeAll(async () => {
    outside = await startGatedServer(({ path }, reply) => {
      if (broken.has(path)) reply.writeHead(500).end('{}');
    });
    server = await startInProcess(await makePlace(), { GATHERING_EGRESS_ALLOW: outside.hostPort });
    api = await signIn(server.url);
  });
  afterEach(() => {
    outside.open();
    outside.shut();
    broken.clear();
  });
  afterAll(async () => {
    outside?.open();
    await server?.stop();
    await outside?.close();
  });

  const get = (id: string, path: string): GivenNode => ({
    id,
    type: 'action',
    config: { kind: 'callApi', url: `${outside.url}/${path}` },
  });
  const calls = (path: string) => outside.callsOf(`/${path}`).length;
  const at = (id: string) => ({ params: { id } });
  const subRunsOf = async (id: string): Promise<Pick<Run, 'id' | 'status'>[]> =>
    (await api.call(listRunsRoute, { query: { parentRunId: id } })).items;
  const start = (name: string, nodes: GivenNode[], edges: [string, string, string?][], input: Json = {}) =>
    startDefinition(api, makeDefinition(name, nodes, edges), input);
  const waitForNode = (id: string, nodeId: string, status: string) =>
    waitForRun(api, id, `${nodeId} to be ${status}`, (run) => nodeOf(run, nodeId).status === status);

  it('a pause reaches the run that a node began: what runs ends, nothing further begins until both go on', async () => {
    const inner = await createPipeline(
      api,
      makeDefinition('Inner', [get('held', 'gate-sub'), get('next', 'sub-next')], chain('start', 'held', 'next')),
    );
    const call: GivenNode = { id: 'call', type: 'pipeline', config: { pipelineId: inner.id } };
    const { id } = await start('Outer', [call, transform('after', '1')], chain('start', 'call', 'after'));
    await waitFor('the call', () => calls('gate-sub') === 1);
    await api.call(pauseRunRoute, at(id));
    const [sub] = await subRunsOf(id);
    expect(sub?.status).toBe('paused');
    outside.open();
    const held = await waitForNode(sub?.id ?? '', 'held', 'completed');
    expect([held.status, nodeOf(held, 'next').status]).toEqual(['paused', 'pending']);
    expect(calls('sub-next')).toBe(0);
    await api.call(resumeRunRoute, at(id));
    const ended = await waitForEnd(api, id);
    expect([ended.status, nodeOf(ended, 'after').status]).toEqual(['completed', 'completed']);
    expect([calls('gate-sub'), calls('sub-next')]).toEqual([1, 1]);
  });

  it('a list begins no further item while its run is paused, and goes on with the rest', async () => {
    const inner = await createPipeline(
      api,
      makeDefinition('Item', [get('ask', 'gate-item-{{ input.item }}')], chain('start', 'ask')),
    );
    const each: GivenNode = {
      id: 'each',
      type: 'map',
      config: { items: '["a", "b", "c"]', pipelineId: inner.id, concurrency: 1 },
    };
    const { id } = await start('List', [each], chain('start', 'each'));
    await waitFor('the first item', () => calls('gate-item-a') === 1);
    await api.call(pauseRunRoute, at(id));
    outside.open();
    await waitFor('its end', async () => (await subRunsOf(id)).every(({ status }) => status === 'completed'));
    expect(await subRunsOf(id)).toHaveLength(1);
    await api.call(resumeRunRoute, at(id));
    expect((await waitForEnd(api, id)).status).toBe('completed');
    expect(['a', 'b', 'c'].map((item) => calls(`gate-item-${item}`))).toEqual([1, 1, 1]);
  });

  it('what a node waited for is heard while its run is paused; what follows begins when it goes on', async () => {
    const nodes: GivenNode[] = [
      { id: 'ask', type: 'approval', config: { title: 'Go on?' } },
      { id: 'paid', type: 'wait', config: { kind: 'signal' } },
      transform('after', 'nodes.paid.output'),
    ];
    const edges = [...chain('start', 'ask', 'after'), ...chain('start', 'paid', 'after')];
    const { id } = await start('Heard', nodes, edges);
    await waitForNode(id, 'ask', 'waiting');
    await waitForNode(id, 'paid', 'waiting');
    await api.call(pauseRunRoute, at(id));
    const { items } = await api.call(listApprovalsRoute, { query: { subject: `runs/${id}` } });
    const { id: approvalId = '', shown = '' } = items[0] ?? {};
    await api.call(castVoteRoute, { ...at(approvalId), body: { decision: 'approve', shown } });
    await api.call(signalNodeRoute, { params: { id, nodeId: 'paid' }, body: { body: 5 } });
    await waitForNode(id, 'ask', 'completed');
    const paused = await waitForNode(id, 'paid', 'completed');
    expect([paused.status, nodeOf(paused, 'after').status]).toEqual(['paused', 'pending']);
    expect((await api.call(resumeRunRoute, at(id))).status).toBe('running');
    const ended = await waitForEnd(api, id);
    expect([ended.status, nodeOf(ended, 'after').output]).toEqual(['completed', 5]);
  });

  it('a retry asks again what was rejected, works a list again, and lets joins count as before', async () => {
    broken.add('/shaky');
    const inner = await createPipeline(api, makeDefinition('Shaky', [get('call', 'shaky')], chain('start', 'call')));
    const nodes: GivenNode[] = [
      transform('sure', '1'),
      { id: 'each', type: 'map', config: { items: '[1, 2]', pipelineId: inner.id } },
      { id: 'any', type: 'join', config: { mode: 'any' } },
      transform('afterAny', '2'),
      { id: 'all', type: 'join', config: { mode: 'all' } },
      { id: 'ask', type: 'approval', config: { title: 'Good?' } },
    ];
    const edges = [
      ...chain('start', 'sure', 'any', 'afterAny'),
      ...chain('start', 'each', 'any'),
      ...chain('sure', 'all', 'ask'),
      ...chain('each', 'all'),
    ];
    const { id } = await start('Retried', nodes, edges);
    const failed = await waitForEnd(api, id);
    expect([failed.status, failed.error?.code]).toEqual(['failed', 'pipelines.map-item-failed']);
    const [sub] = await subRunsOf(id);
    await expect(api.call(retryRunRoute, at(sub?.id ?? ''))).rejects.toMatchObject({
      problem: { code: 'pipelines.run-not-stopped', detail: expect.stringContaining(id) },
    });
    broken.clear();
    await api.call(retryRunRoute, at(id));
    const asked = await waitForNode(id, 'ask', 'waiting');
    expect(statusesOf(asked)).toMatchObject({
      sure: 'completed',
      each: 'completed',
      any: 'completed',
      all: 'completed',
    });
    const decide = async (decision: 'approve' | 'reject') => {
      const { items } = await api.call(listApprovalsRoute, { query: { subject: `runs/${id}` } });
      const open = items.find(({ state }) => state === 'open') ?? expect.fail('nothing is asked');
      await api.call(castVoteRoute, { ...at(open.id), body: { decision, shown: open.shown } });
    };
    await decide('reject');
    expect((await waitForEnd(api, id)).error?.code).toBe('pipelines.approval-rejected');
    await api.call(retryRunRoute, at(id));
    await waitForNode(id, 'ask', 'waiting');
    await decide('approve');
    const ended = await waitForEnd(api, id);
    expect([ended.status, ended.retries, nodeOf(ended, 'afterAny').output]).toEqual(['completed', 2, 2]);
  });

  it('a run is forked behind a join that went on without one of its parents', async () => {
    const nodes: GivenNode[] = [
      transform('quick', '1'),
      get('slow', 'gate-slow'),
      { id: 'first', type: 'join', config: { mode: 'any' } },
      transform('after', 'nodes.quick.output + 1'),
    ];
    const edges = [...chain('start', 'quick', 'first', 'after'), ...chain('start', 'slow', 'first')];
    const { id } = await start('Forked', nodes, edges);
    await waitForNode(id, 'after', 'completed');
    await api.call(cancelRunRoute, at(id));
    outside.open();
    const fork = await api.call(forkRunRoute, { ...at(id), body: { nodeId: 'after', outputs: { quick: 41 } } });
    const ended = await waitForEnd(api, fork.id);
    expect([ended.status, nodeOf(ended, 'after').output]).toEqual(['completed', 42]);
    expect([nodeOf(ended, 'quick').copied, nodeOf(ended, 'slow').copied]).toEqual([true, false]);
  });

  it('the dead letter of a node is redriven by a retry of its run', async () => {
    broken.add('/dead');
    const { id } = await start('Dead', [get('dead', 'dead')], chain('start', 'dead'));
    await waitForEnd(api, id);
    const letter = await insertDeadLetter(server.database, 'pipelines.run-node', {
      runId: id,
      nodeId: 'dead',
      jobId: newId(),
    });
    broken.clear();
    await api.call(redriveDeadLetterRoute, at(letter));
    const ended = await waitForEnd(api, id);
    expect([ended.status, ended.retries]).toEqual(['completed', 1]);
    expect((await readRun(api, id)).error).toBeNull();
  });
});
