// What people do with runs: pause and resume, retry, fork, the trial of one node; and what holds for a run as a whole: its
// time, its turn, its priority. In this process, so that the queue and the rows can be looked at.

import { cancelRunRoute, type Run, runDefinitionRoute, startRunRoute } from '@gathering/contract/pipelines';
import {
  forkRunRoute,
  pauseRunRoute,
  resumeRunRoute,
  retryRunRoute,
  runSingleNodeRoute,
} from '@gathering/contract/pipelines-controls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
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
import { type DatabasePlace, eachDatabase } from '../db.ts';
import { type Answer, type OutsideServer, startOutsideServer } from '../fakes/http-server.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { waitFor } from '../wait-for.ts';

const notify = (id: string, title = id): GivenNode => ({ id, type: 'action', config: { kind: 'notify', title } });
const delay = (id: string, seconds: number): GivenNode => ({ id, type: 'delay', config: { seconds } });

eachDatabase((_open, makePlace) => {
  let place: DatabasePlace;
  let server: InProcessServer;
  let api: Api;
  let outside: OutsideServer;
  let answer: Answer | undefined;
  const begin = async () => {
    // Four slots of the queue `quick`.
    server = await startInProcess(place, { GATHERING_EGRESS_ALLOW: outside.hostPort, GATHERING_WORKER_SLOTS: '1' });
    api = await signIn(server.url);
  };
  beforeAll(async () => {
    outside = await startOutsideServer((call, reply) => answer?.(call, reply));
    place = await makePlace();
    await begin();
  });
  afterEach(() => {
    answer = undefined;
  });
  afterAll(async () => {
    await server.stop();
    await outside.close();
  });

  const get = (id: string, path = id): GivenNode => ({
    id,
    type: 'action',
    config: { kind: 'callApi', url: `${outside.url}/${path}` },
  });
  const at = (id: string) => ({ params: { id } });
  const control = {
    pause: (id: string) => api.call(pauseRunRoute, at(id)),
    resume: (id: string) => api.call(resumeRunRoute, at(id)),
    retry: (id: string) => api.call(retryRunRoute, at(id)),
    cancel: (id: string) => api.call(cancelRunRoute, at(id)),
  };
  const codeOf = (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'done',
      (error: { problem: { code: string } }) => error.problem.code,
    );
  /** Jobs of the run that could begin or run. */
  const jobsOf = async (id: string): Promise<number> => {
    const { rows } = await server.database.query<{ jobs: number }>(
      `select count(*)::int as jobs from pgboss.job where data -> 'payload' ->> 'runId' = $1 and state in ('created', 'retry', 'active')`,
      [id],
    );
    return rows[0]?.jobs ?? 0;
  };
  /** Answers of the outside that are held until the test lets them go. */
  function hold(): { readonly release: () => void } {
    const gate = Promise.withResolvers<void>();
    answer = () => gate.promise;
    return { release: gate.resolve };
  }

  describe('pause and resume', () => {
    // promise: pause-holds-still
    it('what runs ends and is kept, nothing further has even a job, and the run goes on where it was', async () => {
      const gate = hold();
      const nodes = [get('call'), { id: 'join', type: 'parallel' }, notify('after'), delay('waits', 3600)];
      const edges = [...chain('start', 'call', 'join', 'after'), ...chain('start', 'waits')];
      const { id } = await startDefinition(api, makeDefinition('Pausing', nodes, edges));
      await waitFor('the call', () => outside.callsOf('/call').length === 1);
      const due = nodeOf(await readRun(api, id), 'waits').waitingFor?.until;
      expect((await control.pause(id)).status).toBe('paused');
      expect(await codeOf(control.pause(id))).toBe('pipelines.run-not-running');
      gate.release();
      const still = await waitForRun(api, id, 'to keep what ran', (run) => nodeOf(run, 'join').status === 'completed');
      await waitFor('its job to end', async () => (await jobsOf(id)) === 0);
      expect(statusesOf(still)).toMatchObject({ call: 'completed', after: 'pending', waits: 'waiting' });
      expect([still.status, still.pausedAt]).toEqual(['paused', expect.any(String)]);
      await control.resume(id);
      const later = await waitForRun(api, id, 'to go on', (run) => nodeOf(run, 'after').status === 'completed');
      expect(nodeOf(later, 'waits').waitingFor?.until).toBe(due);
      expect(later.pausedAt).toBeNull();
      expect(await codeOf(control.resume(id))).toBe('pipelines.run-not-paused');
      await control.cancel(id);
    });

    it('a wait that is over during the pause goes on with the run, and not before', async () => {
      const { id } = await startDefinition(
        api,
        makeDefinition('Due', [delay('waits', 1), notify('end')], chain('start', 'waits', 'end')),
      );
      const paused = await control.pause(id);
      const until = Date.parse(nodeOf(paused, 'waits').waitingFor?.until ?? '');
      await waitFor('its instant', () => Date.now() > until);
      expect(await jobsOf(id)).toBe(0);
      expect(statusesOf(await readRun(api, id))).toMatchObject({ waits: 'waiting', end: 'pending' });
      await control.resume(id);
      const run = await waitForEnd(api, id);
      expect([run.status, await countEnds(api, id)]).toEqual(['completed', onceEach(run)]);
    });

    it('a delay that becomes ready in the pause, and another try, wait until it is over', async () => {
      const opened = Promise.withResolvers<void>();
      const definition = makeDefinition(
        'Still',
        [get('call', 'still'), delay('later', 0), get('failing'), notify('end')],
        [...chain('start', 'call', 'later', 'end'), ...chain('start', 'failing')],
      );
      const retried = {
        ...definition,
        nodes: definition.nodes.map((node) =>
          node.id === 'failing' ? { ...node, retry: { attempts: 2, baseSeconds: 0.01 } } : node,
        ),
      };
      let tries = 0;
      answer = async ({ path }, reply) => {
        await opened.promise;
        if (path !== '/failing') return;
        tries += 1;
        if (tries === 1) reply.writeHead(503).end();
      };
      const { id } = await startDefinition(api, retried);
      await waitFor(
        'both calls',
        () => outside.callsOf('/failing').length === 1 && outside.callsOf('/still').length === 1,
      );
      await control.pause(id);
      opened.resolve();
      const still = await waitForRun(
        api,
        id,
        'to have ended both',
        (run) => nodeOf(run, 'failing').tries === 1 && nodeOf(run, 'call').status === 'completed',
      );
      await waitFor('its jobs to end', async () => (await jobsOf(id)) === 0);
      expect(nodeOf(still, 'failing').waitingFor?.kind).toBe('retry');
      expect(statusesOf(await readRun(api, id))).toMatchObject({ later: 'pending', end: 'pending' });
      await control.resume(id);
      const run = await waitForEnd(api, id);
      expect(run.status).toBe('completed');
      expect(nodeOf(run, 'failing').history).toMatchObject([{ kind: 'try', code: 'pipelines.api-status' }]);
    });

    it('a run that was paused before its server stopped in the middle of a node does not go on by itself', async () => {
      answer = () => 'hang';
      const calls = () => outside.callsOf('/cut').length;
      const { id } = await startDefinition(api, makeDefinition('Cut', [get('cut')], chain('start', 'cut')));
      await waitFor('the call', () => calls() === 1);
      await control.pause(id);
      await server.stop();
      await begin();
      await waitFor('its job to be put aside', async () => (await jobsOf(id)) === 0);
      expect([calls(), (await readRun(api, id)).status]).toEqual([1, 'paused']);
      answer = undefined;
      await control.resume(id);
      expect((await waitForEnd(api, id)).status).toBe('completed');
      expect(calls()).toBe(2);
    });
  });

  describe('retry', () => {
    // promise: retry-keeps-what-ended
    it('a failed run goes on from its failed node: what has ended is not done again, and two retries are one', async () => {
      let isBroken = true;
      answer = ({ path }, reply) => {
        if (isBroken && path === '/breaks') reply.writeHead(500).end();
      };
      const nodes = [get('first'), get('breaks'), notify('after', '{{ nodes.first.output.status }}')];
      const { id } = await startDefinition(
        api,
        makeDefinition('Retry', nodes, chain('start', 'first', 'breaks', 'after')),
      );
      const failed = await waitForEnd(api, id);
      expect(statusesOf(failed)).toMatchObject({ first: 'completed', breaks: 'failed', after: 'cancelled' });
      isBroken = false;
      const codes = await Promise.all([codeOf(control.retry(id)), codeOf(control.retry(id))]);
      expect(codes.filter((code) => code !== 'done')).toEqual(['pipelines.run-not-stopped']);
      const run = await waitForEnd(api, id);
      expect([run.id, run.status, run.retries, run.error]).toEqual([id, 'completed', 1, null]);
      expect([outside.callsOf('/first').length, outside.callsOf('/breaks').length]).toEqual([1, 2]);
      expect(nodeOf(run, 'after').output).toMatchObject({ title: '200' });
      expect(nodeOf(run, 'breaks').history).toMatchObject([{ kind: 'try', code: 'pipelines.api-status' }]);
      expect(run.nodesDone).toBe(4);
      expect(await codeOf(control.retry(id))).toBe('pipelines.run-not-stopped');
    });

    it('what was cut off in the middle of an effect is not done again unasked', async () => {
      answer = () => 'hang';
      const post = {
        id: 'post',
        type: 'action',
        config: { kind: 'callApi', method: 'POST', url: `${outside.url}/order` },
      };
      const { id } = await startDefinition(api, makeDefinition('Order', [post], chain('start', 'post')));
      await waitFor('the order', () => outside.callsOf('/order').length === 1);
      await control.cancel(id);
      await control.retry(id);
      const run = await waitForRun(api, id, 'to ask', (one) => one.status === 'waiting');
      expect(nodeOf(run, 'post').waitingFor?.kind).toBe('decision');
      expect(outside.callsOf('/order')).toHaveLength(1);
      await control.cancel(id);
    });

    it('a cancelled run with branches and a join is retried as often as one likes', async () => {
      answer = () => 'hang';
      const nodes = [
        notify('left'),
        get('right', 'held'),
        delay('waits', 0.01),
        { id: 'join', type: 'parallel' },
        notify('end'),
      ];
      const edges = [
        ...chain('start', 'left', 'join', 'end'),
        ...chain('start', 'right', 'join'),
        ...chain('start', 'waits', 'join'),
      ];
      const { id } = await startDefinition(api, makeDefinition('Again', nodes, edges));
      for (const round of [1, 2]) {
        await waitFor('the call', () => outside.callsOf('/held').length === round);
        await control.cancel(id);
        await control.retry(id);
      }
      await waitFor('the last call', () => outside.callsOf('/held').length === 3);
      await control.cancel(id);
      answer = undefined;
      await control.retry(id);
      const run = await waitForEnd(api, id);
      expect(new Set(Object.values(statusesOf(run)))).toEqual(new Set(['completed']));
      expect(run.retries).toBe(3);
    });
  });

  describe('fork', () => {
    it('a fork takes over what came before, with other outputs and input, and both runs know each other', async () => {
      const nodes = [
        get('fetch'),
        { id: 'big', type: 'condition', config: { expression: 'input.size > 1' } },
        notify('yes', '{{ nodes.fetch.output.word }} {{ input.size }}'),
        notify('no'),
      ];
      const edges: [string, string, string?][] = [
        ['start', 'fetch'],
        ['fetch', 'big'],
        ['big', 'yes', 'then'],
        ['big', 'no', 'else'],
      ];
      const schema = { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] };
      const pipeline = await createPipeline(api, makeDefinition('Forked', nodes, edges, schema));
      const first = await waitForEnd(
        api,
        (await api.call(startRunRoute, { params: { id: pipeline.id }, body: { input: { size: 2 } } })).id,
      );
      const fork = (body: {
        nodeId: string;
        input?: { size: number | string };
        outputs?: Record<string, { word: string }>;
      }) => api.call(forkRunRoute, { params: { id: first.id }, body });
      const { id } = await fork({ nodeId: 'big', input: { size: 9 }, outputs: { fetch: { word: 'other' } } });
      const run = await waitForEnd(api, id);
      expect(statusesOf(run)).toEqual({
        start: 'completed',
        fetch: 'completed',
        big: 'completed',
        yes: 'completed',
        no: 'skipped',
      });
      expect(nodeOf(run, 'yes').output).toMatchObject({ title: 'other 9' });
      expect(run.nodes.filter((node) => node.copied).map((node) => node.id)).toEqual(['fetch']);
      expect([run.pipelineId, run.pipelineVersion]).toEqual([pipeline.id, first.pipelineVersion]);
      expect([run.forkedFrom, run.pipelineVersion]).toEqual([{ runId: first.id, nodeId: 'big' }, 1]);
      expect((await readRun(api, first.id)).forks).toEqual([{ runId: id, nodeId: 'big', status: 'completed' }]);
      expect(outside.callsOf('/fetch')).toHaveLength(1);

      const same = await waitForEnd(api, (await fork({ nodeId: 'yes' })).id);
      expect(nodeOf(same, 'fetch').output).toEqual(nodeOf(first, 'fetch').output);
      expect(statusesOf(same)).toMatchObject({ big: 'completed', yes: 'failed', no: 'skipped' });
      const refusals = [
        fork({ nodeId: 'nowhere' }),
        fork({ nodeId: 'no' }),
        fork({ nodeId: 'big', input: { size: 'x' } }),
        fork({ nodeId: 'big', outputs: { yes: { word: 'late' } } }),
      ];
      expect(await Promise.all(refusals.map(codeOf))).toEqual([
        'pipelines.node-not-found',
        'pipelines.fork-impossible',
        'pipelines.input-invalid',
        'pipelines.fork-impossible',
      ]);
    });
  });

  it('one node runs by itself with what it is given, whatever its type', async () => {
    const nodes: GivenNode[] = [
      get('fetch'),
      { id: 'which', type: 'condition', config: { expression: 'nodes.fetch.output.count > input.least' } },
      { id: 'agent', type: 'agent', config: { agentId: 'researcher', task: 'Say {{ nodes.fetch.output.word }}' } },
      notify('tell', '{{ nodes.fetch.output.word }} {{ nodes.which.status }}'),
    ];
    const edges: [string, string, string?][] = [
      ['start', 'fetch'],
      ['fetch', 'which'],
      ['which', 'agent', 'then'],
      ['agent', 'tell'],
    ];
    const agents = await api.request('GET', '/api/agents?limit=1');
    const { items } = (await agents.json()) as { items: { id: string }[] };
    if (nodes[2]?.config) nodes[2].config.agentId = items[0]?.id ?? '';
    const pipeline = await createPipeline(api, makeDefinition('Trials', nodes, edges));
    const trial = async (nodeId: string, body: object): Promise<Run> => {
      const run = await api.call(runSingleNodeRoute, { params: { id: pipeline.id, nodeId }, body });
      return waitForEnd(api, run.id);
    };
    const given = { nodes: { fetch: { output: { count: 3, word: 'hello' } }, which: { status: 'skipped' as const } } };
    const tell = await trial('tell', given);
    expect([tell.pipelineName, tell.onlyNode, tell.pipelineId]).toEqual(['Trials: tell', 'tell', pipeline.id]);
    expect(nodeOf(tell, 'tell').output).toMatchObject({ title: 'hello skipped' });
    const which = await trial('which', { ...given, input: { least: 2 } });
    expect(nodeOf(which, 'which').output).toEqual({ result: true });
    const agent = await trial('agent', given);
    expect([agent.status, JSON.stringify(nodeOf(agent, 'agent').input)]).toEqual([
      'completed',
      expect.stringContaining('Say hello'),
    ]);
    expect(nodeOf(await trial('fetch', {}), 'fetch').output).toMatchObject({ status: 200 });
    expect(await codeOf(trial('start', {}))).toBe('pipelines.node-not-runnable');
    expect(await codeOf(trial('nobody', {}))).toBe('pipelines.node-not-found');
    // What is not given is no fault of a form, but a failure with its reason.
    const without = await codeOf(trial('tell', {}));
    expect(without).toBe('pipelines.invalid');
    expect(await codeOf(api.call(forkRunRoute, { params: { id: tell.id }, body: { nodeId: 'tell' } }))).toBe(
      'pipelines.fork-impossible',
    );
  });

  describe('a run as a whole', () => {
    it('one that takes longer than its time ends timed out with its reason, and what runs is aborted', async () => {
      answer = () => 'hang';
      const definition = makeDefinition('Slow', [get('slow'), notify('after')], chain('start', 'slow', 'after'));
      const { id } = await api.call(runDefinitionRoute, {
        body: { definition: { ...definition, settings: { timeoutSeconds: 3600 } }, timeoutSeconds: 1 },
      });
      const run = await waitForEnd(api, id);
      expect([run.status, run.error?.code, run.timeoutSeconds]).toEqual(['timed_out', 'pipelines.run-timed-out', 1]);
      await waitFor('the call to be aborted', () => outside.callsOf('/slow')[0]?.wasAborted);
      expect(statusesOf(run)).toMatchObject({ slow: 'cancelled', after: 'cancelled' });
    });

    it('its clock stands still in a pause, and its job goes with its end', async () => {
      const definition = {
        ...makeDefinition('Clock', [delay('waits', 3600)], chain('start', 'waits')),
        settings: { timeoutSeconds: 7200 },
      };
      const { id, deadlineAt } = await startDefinition(api, definition);
      expect((await control.pause(id)).deadlineAt).toBeNull();
      expect(await jobsOf(id)).toBe(0);
      const { deadlineAt: later } = await control.resume(id);
      expect(Date.parse(later ?? '')).toBeGreaterThan(Date.parse(deadlineAt ?? ''));
      expect(await jobsOf(id)).toBe(2);
      await control.cancel(id);
      expect(await jobsOf(id)).toBe(0);
    });

    // promise: runs-take-turns
    it('runs with one key take turns in order, others go at once, and nothing is refused', async () => {
      const gate = hold();
      const definition = {
        ...makeDefinition('Turns', [get('turn', 'turn/{{ input.name }}')], chain('start', 'turn')),
        settings: { concurrencyKey: 'customer {{ input.customer }}', concurrencyLimit: 2 },
      };
      const { id: pipelineId } = await createPipeline(api, definition);
      const start = async (customer: string, name: string) =>
        (await api.call(startRunRoute, { params: { id: pipelineId }, body: { input: { customer, name } } })).id;
      const ids: string[] = [];
      for (const name of ['1', '2', '3', '4', '5']) ids.push(await start('a', name));
      const other = await start('b', 'other');
      const statuses = () => Promise.all(ids.map(async (id) => (await readRun(api, id)).status));
      await waitFor('those whose turn it is', () =>
        ['1', '2', 'other'].every((name) => outside.callsOf(`/turn/${name}`).length === 1),
      );
      expect(await statuses()).toEqual(['running', 'running', 'pending', 'pending', 'pending']);
      expect((await readRun(api, other)).concurrencyKey).toBe('customer b');
      expect(await codeOf(control.pause(ids[2] ?? ''))).toBe('pipelines.run-not-running');
      await control.cancel(ids[2] ?? '');
      // The end of one begins the next: nobody has to come by.
      await control.cancel(ids[0] ?? '');
      expect(await statuses()).toEqual(['cancelled', 'running', 'cancelled', 'running', 'pending']);
      // A paused one keeps its turn; a retried one stands in line again.
      await control.pause(ids[1] ?? '');
      await control.retry(ids[0] ?? '');
      expect(await statuses()).toEqual(['pending', 'paused', 'cancelled', 'running', 'pending']);
      await control.resume(ids[1] ?? '');
      gate.release();
      const ended = await Promise.all([...ids, other].map((id) => waitForEnd(api, id)));
      expect(ended.map((run) => run.status)).toEqual([
        'completed',
        'completed',
        'cancelled',
        'completed',
        'completed',
        'completed',
      ]);
    });

    it('many starts at the same moment never have more turns than the limit', async () => {
      let now = 0;
      let most = 0;
      answer = async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => setImmediate(resolve));
        now -= 1;
      };
      const definition = {
        ...makeDefinition('Crowd', [get('crowd')], chain('start', 'crowd')),
        settings: { concurrencyKey: 'one' },
      };
      const { id: pipelineId } = await createPipeline(api, definition);
      const runs = await Promise.all(
        Array.from({ length: 30 }, () => api.call(startRunRoute, { params: { id: pipelineId }, body: {} })),
      );
      const ended = await Promise.all(runs.map(({ id }) => waitForEnd(api, id)));
      expect([most, new Set(ended.map((run) => run.status))]).toEqual([1, new Set(['completed'])]);
    });

    it('an input that makes no key is refused with the reason', async () => {
      const definition = {
        ...makeDefinition('Keyless', [notify('end')], chain('start', 'end')),
        settings: { concurrencyKey: '{{ input.who }}' },
      };
      expect(await codeOf(startDefinition(api, definition, {}))).toBe('pipelines.input-invalid');
      expect(await codeOf(startDefinition(api, definition, { who: '' }))).toBe('pipelines.input-invalid');
      const bad = { ...definition, settings: { concurrencyKey: '{{ nodes.end.output }}' } };
      expect(await codeOf(startDefinition(api, bad, {}))).toBe('pipelines.invalid');
      expect(await codeOf(startDefinition(api, { ...definition, settings: { concurrencyLimit: 2 } }, {}))).toBe(
        'pipelines.invalid',
      );
    });
  });

  describe('fairness', () => {
    const crowd = (name: string, count: number) => {
      const ids = Array.from({ length: count }, (_, place) => `n${place}`);
      return makeDefinition(
        name,
        ids.map((id) => notify(id)),
        ids.map((id): [string, string] => ['start', id]),
      );
    };
    /** Takes every slot until it is released. */
    async function fillSlots(): Promise<() => void> {
      const gate = hold();
      const ids = ['s1', 's2', 's3', 's4'];
      const before = outside.callsOf('/slot').length;
      await startDefinition(
        api,
        makeDefinition(
          'Slots',
          ids.map((id) => get(id, 'slot')),
          ids.map((id): [string, string] => ['start', id]),
        ),
      );
      await waitFor('every slot to be taken', () => outside.callsOf('/slot').length === before + 4);
      return gate.release;
    }

    // promise: crowds-hold-nobody-back
    it('a run of one node that starts after a fan-out of 300 ends before it', async () => {
      const release = await fillSlots();
      const large = await startDefinition(api, crowd('Large', 300));
      const small = await startDefinition(api, crowd('Small', 1));
      release();
      const [last, first] = await Promise.all([waitForEnd(api, large.id), waitForEnd(api, small.id)]);
      expect(Date.parse(first.endedAt ?? '')).toBeLessThan(Date.parse(last.endedAt ?? ''));
      expect([first.status, last.status]).toEqual(['completed', 'completed']);
    });

    it('a fan-out of low priority ends although work of high priority is always there', async () => {
      const release = await fillSlots();
      const start = (definition: ReturnType<typeof crowd>, priority: 'low' | 'high') =>
        api.call(runDefinitionRoute, { body: { definition, priority } });
      const low = await start(crowd('Low', 20), 'low');
      const high = await start(crowd('High', 400), 'high');
      release();
      const [behind, before] = await Promise.all([waitForEnd(api, low.id), waitForEnd(api, high.id)]);
      expect([behind.status, behind.priority, before.status]).toEqual(['completed', 'low', 'completed']);
      expect(Date.parse(behind.endedAt ?? '')).toBeLessThan(Date.parse(before.endedAt ?? ''));
    });
  });
});
