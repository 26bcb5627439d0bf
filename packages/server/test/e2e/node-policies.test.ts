// What a node does about its failures, on the real program: further tries, its time, going on, and its own way for errors.
import type { PipelineNode } from '@gathering/contract/pipeline-definition';
import { cancelRunRoute } from '@gathering/contract/pipelines';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  type Api,
  chain,
  countEnds,
  type GivenNode,
  makeDefinition,
  nodeOf,
  onceEach,
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

type Policy = Pick<PipelineNode, 'retry' | 'timeoutSeconds' | 'onError'>;

const quickly = { attempts: 4, baseSeconds: 0.01, maxSeconds: 0.02 };
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

  const get = (id: string, policy: Policy): GivenNode => ({
    id,
    type: 'action',
    config: { kind: 'callApi', url: `${outside.url}/${id}` },
    ...policy,
  });

  it('what is away is tried again until it answers, and the node ends once', async () => {
    answer = ({ path }, reply) => {
      if (outside.callsOf(path).length < 3) reply.writeHead(503).end();
    };
    const definition = makeDefinition(
      'Retries',
      [get('flaky', { retry: quickly }), notify('after')],
      chain('start', 'flaky', 'after'),
    );
    const { id } = await startDefinition(api, definition);
    const run = await waitForEnd(api, id);
    expect(run.status).toBe('completed');
    expect(nodeOf(run, 'flaky')).toMatchObject({ status: 'completed', tries: 2, error: null });
    expect(outside.callsOf('/flaky')).toHaveLength(3);
    expect(await countEnds(api, id)).toEqual(onceEach(run));
  });

  it('tries end as the policy says, and what was refused is not asked again', async () => {
    answer = ({ path }, reply) => void reply.writeHead(path === '/gone' ? 404 : 500).end();
    const [away, gone] = await Promise.all(
      ['away', 'gone'].map((id) =>
        startDefinition(api, makeDefinition(id, [get(id, { retry: { ...quickly, attempts: 3 } })], chain('start', id))),
      ),
    );
    const ends = await Promise.all([waitForEnd(api, away?.id ?? ''), waitForEnd(api, gone?.id ?? '')]);
    expect(ends.map(({ status, error }) => [status, error?.code])).toEqual([
      ['failed', 'pipelines.api-status'],
      ['failed', 'pipelines.api-status'],
    ]);
    expect(outside.callsOf('/away')).toHaveLength(3);
    expect(outside.callsOf('/gone')).toHaveLength(1);
  });

  it('a run that waits for a further try says so, and can be cancelled in between', async () => {
    answer = (_call, reply) => void reply.writeHead(503).end();
    const retry = { attempts: 5, baseSeconds: 3600, maxSeconds: 3600 };
    const { id } = await startDefinition(
      api,
      makeDefinition('Waits', [get('waits', { retry })], chain('start', 'waits')),
    );
    const waiting = await waitForRun(
      api,
      id,
      'to wait for another try',
      (run) => nodeOf(run, 'waits').status === 'waiting',
    );
    expect(nodeOf(waiting, 'waits')).toMatchObject({
      tries: 1,
      waitingFor: { kind: 'retry' },
      error: { code: 'pipelines.api-status' },
    });
    await api.call(cancelRunRoute, { params: { id } });
    expect((await waitForEnd(api, id)).status).toBe('cancelled');
  });

  it('a node that takes too long is cut off, and what it called is let go', async () => {
    answer = () => 'hang';
    const { id } = await startDefinition(
      api,
      makeDefinition('Slow', [get('slow', { timeoutSeconds: 0.2 })], chain('start', 'slow')),
    );
    const run = await waitForEnd(api, id);
    expect(nodeOf(run, 'slow')).toMatchObject({ status: 'timed_out', error: { code: 'pipelines.node-timed-out' } });
    await waitFor('the call to be let go', () => outside.callsOf('/slow').every(({ wasAborted }) => wasAborted));
  });

  it('a failed node may be passed over, or lead along its own way, and its run completes', async () => {
    answer = (_call, reply) => void reply.writeHead(404).end();
    const nodes = [
      get('passed', { onError: 'continue' }),
      notify('told', 'It said: {{ nodes.passed.output.status }}'),
      get('routed', { onError: 'route' }),
      notify('well'),
      notify('badly', '{{ nodes.routed.status }}'),
    ];
    const definition = makeDefinition('Ways on', nodes, [
      ['start', 'passed'],
      ['passed', 'told'],
      ['told', 'routed'],
      ['routed', 'well'],
      ['routed', 'badly', 'error'],
    ]);
    const { id } = await startDefinition(api, definition);
    const run = await waitForEnd(api, id);
    expect(run.status).toBe('completed');
    expect(statusesOf(run)).toEqual({
      start: 'completed',
      passed: 'failed',
      told: 'completed',
      routed: 'failed',
      well: 'skipped',
      badly: 'completed',
    });
    expect(nodeOf(run, 'told').output).toMatchObject({ title: 'It said: 404' });
    expect(nodeOf(run, 'badly').output).toMatchObject({ title: 'failed' });
    expect(await countEnds(api, id)).toEqual(onceEach(run));
  });

  it('a way for errors is not taken when there was none', async () => {
    const definition = makeDefinition(
      'No error',
      [get('fine', { onError: 'route' }), notify('badly')],
      [
        ['start', 'fine'],
        ['fine', 'badly', 'error'],
      ],
    );
    const { id } = await startDefinition(api, definition);
    expect(statusesOf(await waitForEnd(api, id))).toEqual({ start: 'completed', fine: 'completed', badly: 'skipped' });
  });
});
