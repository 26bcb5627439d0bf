// Graphs as people draw them, on the real program: branches at the same time, conditions, joins, templates, failures,
// cancelling, and real workflows of up to a thousand nodes. One server for each kind of database.
import { listEventsRoute } from '@gathering/contract/events';
import { listNotificationsRoute } from '@gathering/contract/notifications';
import {
  cancelRunRoute,
  changePipelineRoute,
  listRunsRoute,
  type Run,
  startRunRoute,
} from '@gathering/contract/pipelines';
import { publishPipelineRoute } from '@gathering/contract/pipelines-versions';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
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
import { type Answer, type OutsideServer, startOutsideServer } from '../fakes/http-server.ts';
import { serversOfGroup } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';
import { asDelays, missingWorkflows, type RecordedTask, readWorkflow, workflowNames } from '../workflows.ts';

const without = missingWorkflows === null ? '' : `: not run. ${missingWorkflows}`;

const notify = (id: string, title = id): GivenNode => ({ id, type: 'action', config: { kind: 'notify', title } });

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();
  let api: Api;
  let outside: OutsideServer;
  let answer: Answer | undefined;
  beforeAll(async () => {
    outside = await startOutsideServer((call, reply) => answer?.(call, reply));
    const server = await start(await makePlace(), { env: { GATHERING_EGRESS_ALLOW: outside.hostPort } });
    api = await signIn(server.url);
  });
  afterEach(() => {
    answer = undefined;
  });
  afterAll(() => outside.close());

  const get = (id: string, path = id, method = 'GET'): GivenNode => ({
    id,
    type: 'action',
    config: { kind: 'callApi', url: `${outside.url}/${path}`, method },
  });

  // promise: branches-at-the-same-time
  it('parallel branches really run at the same time', async () => {
    const bothAreHere = Promise.withResolvers<void>();
    const here = new Set<string>();
    answer = async ({ path }) => {
      here.add(path);
      if (here.has('/left') && here.has('/right')) bothAreHere.resolve();
      await bothAreHere.promise;
    };
    const nodes = [{ id: 'fork', type: 'parallel' }, get('left'), get('right'), { id: 'join', type: 'parallel' }];
    const edges = [...chain('start', 'fork', 'left', 'join'), ...chain('fork', 'right', 'join')];
    const { id, status } = await startDefinition(api, makeDefinition('Rendezvous', nodes, edges));
    expect(status).toBe('running');
    expect((await waitForEnd(api, id)).status).toBe('completed');
  });

  it('a condition takes one way, the other is skipped down to the join, and the join goes on', async () => {
    const nodes: GivenNode[] = [
      { id: 'large', type: 'condition', config: { expression: 'input.size > 10' } },
      notify('yes'),
      notify('yesAfter'),
      notify('no'),
      { id: 'deadEnd', type: 'condition', config: { expression: 'true' } },
      notify('never'),
      { id: 'join', type: 'parallel' },
      notify('end', 'yes: {{ nodes.yes.status }}, no: {{ nodes.no.status }}'),
    ];
    const definition = makeDefinition('Ways', nodes, [
      ['start', 'large'],
      ['large', 'yes', 'then'],
      ['yes', 'yesAfter'],
      ['large', 'no', 'else'],
      ['no', 'deadEnd'],
      ['deadEnd', 'never', 'then'],
      ['yesAfter', 'join'],
      ['no', 'join'],
      ['join', 'end'],
    ]);
    const [large, small] = await Promise.all([
      startDefinition(api, definition, { size: 11 }),
      startDefinition(api, definition, { size: 10 }),
    ]);
    const [taken, notTaken] = await Promise.all([waitForEnd(api, large.id), waitForEnd(api, small.id)]);
    const always = { start: 'completed', large: 'completed', join: 'completed', end: 'completed' };
    expect([taken.status, notTaken.status]).toEqual(['completed', 'completed']);
    expect(statusesOf(taken)).toEqual({
      ...always,
      ...{ yes: 'completed', yesAfter: 'completed', no: 'skipped', deadEnd: 'skipped', never: 'skipped' },
    });
    expect(statusesOf(notTaken)).toEqual({
      ...always,
      ...{ yes: 'skipped', yesAfter: 'skipped', no: 'completed', deadEnd: 'completed', never: 'completed' },
    });
    expect(nodeOf(taken, 'end').output).toMatchObject({ title: 'yes: completed, no: skipped' });
    expect(nodeOf(notTaken, 'end').output).toMatchObject({ title: 'yes: skipped, no: completed' });
    expect(taken.output).toEqual({ end: { title: 'yes: completed, no: skipped', body: '' } });
    expect([taken.nodesDone, taken.nodesTotal]).toEqual([9, 9]);
  });

  it('values of earlier nodes are put into templates with their types, and an answer has its wanted form', async () => {
    answer = (_call, reply) =>
      reply.writeHead(200, { 'content-type': 'application/json' }).end('{"items": [1, 2, 3], "name": "Ada"}');
    const outputSchema = {
      type: 'object',
      properties: { summary: { type: 'string' }, count: { type: 'integer' } },
      required: ['summary', 'count'],
      additionalProperties: false,
    };
    const nodes: GivenNode[] = [
      get('ask', 'ask?of={{ input.who }}'),
      {
        id: 'send',
        type: 'action',
        config: {
          kind: 'callApi',
          method: 'PUT',
          url: `${outside.url}/send`,
          body: { items: '{{ nodes.ask.output.body.items }}', text: 'Dear {{ nodes.ask.output.body.name }}' },
        },
      },
      {
        id: 'agent',
        type: 'agent',
        config: { agentId: 'assistant', task: 'Sum up: {{ nodes.ask.output.body.name }} has 3 items.', outputSchema },
      },
    ];
    const definition = makeDefinition('Values', nodes, chain('start', 'ask', 'send', 'agent'));
    const run = await waitForEnd(api, (await startDefinition(api, definition, { who: 'me' })).id);
    expect([run.status, run.error]).toEqual(['completed', null]);
    expect(outside.callsOf('/ask?of=me')).toHaveLength(1);
    expect(JSON.parse(outside.callsOf('/send')[0]?.body ?? '')).toEqual({ items: [1, 2, 3], text: 'Dear Ada' });
    expect(nodeOf(run, 'agent').input).toMatchObject({ task: 'Sum up: Ada has 3 items.', outputSchema });
    const { data } = nodeOf(run, 'agent').output as { data: { summary: unknown; count: unknown } };
    expect([typeof data.summary, Number.isInteger(data.count), Object.keys(data).length]).toEqual(['string', true, 2]);
    expect(nodeOf(run, 'agent').inputTokens).toBeGreaterThan(0);
    expect([run.inputTokens, run.outputTokens]).toEqual([
      nodeOf(run, 'agent').inputTokens,
      nodeOf(run, 'agent').outputTokens,
    ]);
  });

  it('a node that fails ends the run with its cause and what to do, and stops what still works', async () => {
    const hanging = Promise.withResolvers<void>();
    answer = async ({ path }, reply) => {
      if (path === '/hangs') {
        hanging.resolve();
        return 'hang';
      }
      await hanging.promise;
      return reply.writeHead(503, { 'content-type': 'text/plain' }).end('closed today');
    };
    const nodes: GivenNode[] = [
      get('fails'),
      get('hangs'),
      { id: 'waits', type: 'delay', config: { seconds: 3600 } },
      notify('after'),
    ];
    const edges = [...chain('start', 'fails', 'after'), ['start', 'hangs'], ['start', 'waits']] as [string, string][];
    const run = await waitForEnd(api, (await startDefinition(api, makeDefinition('Failing', nodes, edges))).id);
    expect(run.status).toBe('failed');
    expect(run.error).toEqual({
      code: 'pipelines.api-status',
      message: `GET ${outside.url}/fails answered 503.`,
      nodeId: 'fails',
      next: expect.stringContaining('acceptStatus'),
    });
    expect(statusesOf(run)).toEqual({
      ...{ start: 'completed', fails: 'failed' },
      ...{ hangs: 'cancelled', waits: 'cancelled', after: 'cancelled' },
    });
    expect(nodeOf(run, 'fails').error).toEqual(run.error);
    expect(nodeOf(run, 'fails').output).toMatchObject({ status: 503, body: 'closed today' });
    await waitFor('the hanging call to be aborted', () => outside.callsOf('/hangs')[0]?.wasAborted);
    const { items } = await api.call(listNotificationsRoute, { query: { limit: 200 } });
    expect(items.find(({ link }) => link === `/runs/${run.id}`)?.urgency).toBe('failure');
  });

  // promise: cancel-stops-at-once
  it('a run can be cancelled at any time: what runs is aborted, and its status is never written over', async () => {
    answer = () => 'hang';
    const nodes: GivenNode[] = [
      get('call', 'cancelled'),
      get('post', 'cancelled', 'POST'),
      { id: 'waits', type: 'delay', config: { seconds: 3600 } },
    ];
    const edges = nodes.map(({ id }): [string, string] => ['start', id]);
    const { id } = await startDefinition(api, makeDefinition('Cancelled', nodes, edges));
    await waitForRun(api, id, 'to work on both calls', (run) =>
      ['call', 'post'].every((node) => nodeOf(run, node).status === 'running'),
    );
    const cancelled = await api.call(cancelRunRoute, { params: { id } });
    expect(cancelled.status).toBe('cancelled');
    await waitFor('both calls to be aborted', () => outside.callsOf('/cancelled').every((call) => call.wasAborted));
    expect(outside.callsOf('/cancelled')).toHaveLength(2);
    expect(statusesOf(cancelled)).toMatchObject({ call: 'cancelled', post: 'cancelled', waits: 'cancelled' });
    await expect(api.call(cancelRunRoute, { params: { id } })).rejects.toMatchObject({
      problem: { code: 'pipelines.run-ended' },
    });
    expect(await readRun(api, id)).toEqual(cancelled);
  });

  it('runs that are cancelled while their nodes end by the dozen stay cancelled and end once', async () => {
    const ids = Array.from({ length: 12 }, (_, at) => `n${at}`);
    const definition = makeDefinition(
      'Race',
      ids.map((id) => notify(id)),
      chain('start', ...ids),
    );
    const runs = await Promise.all(
      Array.from({ length: 10 }, async (_, at) => {
        const { id } = await startDefinition(api, definition);
        await waitForRun(api, id, `to have done ${at}`, (run) => run.nodesDone > at);
        const result = await api
          .call(cancelRunRoute, { params: { id } })
          .catch((error: { problem: { code: string } }) => {
            // It was faster: then it has completed, and stays so.
            expect(error.problem.code).toBe('pipelines.run-ended');
            return readRun(api, id);
          });
        expect(result.endedAt).not.toBeNull();
        return result;
      }),
    );
    expect(runs.some(({ status }) => status === 'cancelled')).toBe(true);
    // Something that comes after all of it has been settled.
    await waitForEnd(api, (await startDefinition(api, definition)).id);
    for (const run of runs) {
      expect(await readRun(api, run.id)).toEqual(run);
      const query = { subject: `runs/${run.id}`, type: 'pipelines.run-ended' as const };
      const { items } = await api.call(listEventsRoute, { query });
      expect(items.map(({ event }) => event.payload.status)).toEqual([run.status]);
      expect(run.nodes.every(({ status }) => ['completed', 'cancelled'].includes(status))).toBe(true);
    }
  });

  it('a run is pinned to its definition while the pipeline is changed and published under it', async () => {
    const opened = Promise.withResolvers<void>();
    answer = () => opened.promise;
    const nodes = [get('gate'), notify('after', 'old')];
    const pipeline = await createPipeline(api, makeDefinition('Pinned', nodes, chain('start', 'gate', 'after')));
    const params = { id: pipeline.id };
    const old = await api.call(startRunRoute, { params, body: {} });
    await waitFor('the gate', () => outside.callsOf('/gate').length === 1);
    const changed = makeDefinition('Pinned', [notify('other', 'new')], [['start', 'other']]);
    await api.call(changePipelineRoute, {
      params,
      body: { name: 'Changed', nodes: changed.nodes, edges: changed.edges, version: pipeline.version },
    });
    await api.call(publishPipelineRoute, { params, body: {} });
    const fresh = await api.call(startRunRoute, { params, body: {} });
    opened.resolve();
    const [first, second] = await Promise.all([waitForEnd(api, old.id), waitForEnd(api, fresh.id)]);
    expect([first.pipelineName, first.status, statusesOf(first)]).toEqual([
      'Pinned',
      'completed',
      { start: 'completed', gate: 'completed', after: 'completed' },
    ]);
    expect(first.definition).toEqual(old.definition);
    expect([second.pipelineName, statusesOf(second)]).toEqual(['Changed', { start: 'completed', other: 'completed' }]);
    const listed = await api.call(listRunsRoute, { query: { pipelineId: pipeline.id } });
    expect(listed.items.map(({ id }) => id)).toEqual([fresh.id, old.id]);
  });

  for (const name of workflowNames) {
    it.skipIf(missingWorkflows !== null)(
      `a recorded workflow runs each node once and none before its parents: ${name}${without}`,
      async () => {
        const tasks = readWorkflow(name);
        // The longest takes a tenth of a second.
        const definition = asDelays(name, tasks, 0.1 / Math.max(...tasks.map(({ seconds }) => seconds)));
        const { id } = await startDefinition(api, definition);
        const run = await waitForEnd(api, id, 110_000);
        expect([run.status, run.error, run.nodesDone]).toEqual(['completed', null, definition.nodes.length]);
        expectOrder(run, tasks);
        expect(await countEnds(api, id)).toEqual(onceEach(run));
      },
    );
  }
});

function expectOrder(run: Run, tasks: readonly RecordedTask[]): void {
  const byId = new Map(run.nodes.map((node) => [node.id, node]));
  const at = (id: string, which: 'startedAt' | 'endedAt') => Date.parse(byId.get(id)?.[which] ?? '');
  const early = tasks.flatMap(({ id, parents }) =>
    parents.filter((parent) => !(at(id, 'startedAt') >= at(parent, 'endedAt'))).map((parent) => `${parent} -> ${id}`),
  );
  expect(early).toEqual([]);
}
