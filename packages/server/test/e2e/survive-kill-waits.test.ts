// What waits outlives the process: a list with its sub-runs, an approval with its expiry, a wait for a call. Killed and started
// again, everything goes on, each item is worked on once, and what came to an end while nobody lived is found at the start.
import { castVoteRoute, listApprovalsRoute } from '@gathering/contract/approvals';
import { listRunsRoute, type Run, signalNodeRoute } from '@gathering/contract/pipelines';
import { expect, it } from 'vitest';
import {
  type Api,
  chain,
  countEnds,
  createPipeline,
  makeDefinition,
  nodeOf,
  onceEach,
  signIn,
  startDefinition,
  waitForEnd,
  waitForRun,
  withToken,
} from '../api.ts';
import { type DatabasePlace, eachDatabase } from '../db.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { type ServerProcess, serversOfGroup } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';

type Config = Record<string, string | number>;

eachDatabase((_open, makePlace, kind) => {
  const start = serversOfGroup();

  async function begin(place: DatabasePlace, env: Record<string, string> = {}) {
    let server: ServerProcess = await start(place, { env });
    let api: Api = await signIn(server.url);
    return {
      api: () => api,
      kill: () => server.kill(),
      restart: async () => {
        server = await start(place, { env });
        api = withToken(server.url, api.token);
      },
    };
  }

  // promise: list-within-limit
  it('a list is worked through to its end, never more at a time than is said, and no item twice', async () => {
    const place = await makePlace();
    // The first items are answered, the next hang: so some are under way at every kill.
    let answered = 0;
    let more = Promise.withResolvers<void>();
    const answerFirst = (count: number): void => {
      answered = count;
      more.resolve();
      more = Promise.withResolvers<void>();
    };
    const outside = await startOutsideServer(async ({ path }) => {
      while (Number(path.slice(1)) >= answered) await more.promise;
      return undefined;
    });
    const world = await begin(place, { GATHERING_EGRESS_ALLOW: outside.hostPort });
    const item = makeDefinition(
      'Item',
      [
        {
          id: 'first',
          type: 'action',
          config: { kind: 'callApi', url: `${outside.url}/{{ input.index }}`, method: 'GET' },
        },
        { id: 'twice', type: 'transform', config: { expression: 'input.item * 2' } },
      ],
      chain('start', 'first', 'twice'),
    );
    const inner = await createPipeline(world.api(), item);
    const config = { items: 'input.list', pipelineId: inner.id, concurrency: 4 };
    const list = Array.from({ length: 40 }, (_, at) => at);
    const definition = makeDefinition('List', [{ id: 'each', type: 'map', config }], chain('start', 'each'));
    const { id } = await startDefinition(world.api(), definition, { list });
    const subRuns = async (more: { status?: Run['status'] } = {}) =>
      (await world.api().call(listRunsRoute, { query: { parentRunId: id, limit: 200, ...more } })).items;
    const kills = kind === 'embedded' ? 4 : 2;
    for (let at = 1; at <= kills; at += 1) {
      answerFirst(at * 5);
      await waitFor('the next to be under way', async () => {
        const running = await subRuns({ status: 'running' });
        expect(running.length).toBeLessThanOrEqual(4);
        return running.length === 4 && (await subRuns({ status: 'completed' })).length === at * 5;
      });
      await world.kill();
      await world.restart();
    }
    answerFirst(list.length);
    const ended = await waitForEnd(world.api(), id, 110_000);
    expect([ended.status, nodeOf(ended, 'each').output]).toEqual([
      'completed',
      list.map((one) => ({ twice: one * 2 })),
    ]);
    expect(await countEnds(world.api(), id)).toEqual(onceEach(ended));
    const runs = await subRuns();
    expect(runs.map(({ parent }) => parent?.item).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual(list);
    for (const run of runs.slice(0, 5)) expect(await countEnds(world.api(), run.id)).toMatchObject({ twice: 1 });
  });

  it('an approval that was asked before a kill is decided after it, and one whose time was over meanwhile has expired', async () => {
    const place = await makePlace();
    const world = await begin(place);
    const asking = (config: Config) =>
      makeDefinition(
        'Asking',
        [{ id: 'ask', type: 'approval', config: { title: 'Go on?', ...config } }],
        chain('start', 'ask'),
      );
    const starts = await Promise.all(
      ([{}, { expiresAfterSeconds: 1, onExpiry: 'approve' }, { expiresAfterSeconds: 3_600 }] as Config[]).map(
        (config) => startDefinition(world.api(), asking(config)),
      ),
    );
    const [plain = '', expiring = '', long = ''] = starts.map(({ id }) => id);
    for (const id of [plain, long])
      await waitForRun(world.api(), id, 'to ask', (run) => nodeOf(run, 'ask').status === 'waiting');
    await waitForRun(world.api(), expiring, 'to ask', (run) => nodeOf(run, 'ask').startedAt !== null);
    await world.kill();
    await world.restart();
    const expired = await waitForEnd(world.api(), expiring);
    expect(nodeOf(expired, 'ask')).toMatchObject({ status: 'completed', branch: 'approved', output: { votes: [] } });
    for (const id of [plain, long]) {
      const { items } = await world.api().call(listApprovalsRoute, { query: { subject: `runs/${id}` } });
      expect(items).toMatchObject([{ state: 'open' }]);
      const { id: approvalId = '', shown = '' } = items[0] ?? {};
      // Answered, then dead at once: the answer counts.
      await world.api().call(castVoteRoute, { params: { id: approvalId }, body: { decision: 'approve', shown } });
    }
    await world.kill();
    await world.restart();
    for (const id of [plain, expiring, long]) {
      const ended = await waitForEnd(world.api(), id);
      expect(ended.status).toBe('completed');
      expect(await countEnds(world.api(), id)).toEqual(onceEach(ended));
    }
  });

  it('a call that was taken before a kill is what the node goes on with', async () => {
    const world = await begin(await makePlace());
    const wait = { id: 'wait', type: 'wait', config: { kind: 'signal', timeoutSeconds: 3_600 } };
    const { id } = await startDefinition(world.api(), makeDefinition('Waiting', [wait], chain('start', 'wait')));
    await waitForRun(world.api(), id, 'to wait', (run) => nodeOf(run, 'wait').status === 'waiting');
    await world.kill();
    await world.restart();
    await world.api().call(signalNodeRoute, { params: { id, nodeId: 'wait' }, body: { body: { n: 1 } } });
    await world.kill();
    await world.restart();
    const ended = await waitForEnd(world.api(), id);
    expect(nodeOf(ended, 'wait').output).toEqual({ n: 1 });
    expect(await countEnds(world.api(), id)).toEqual(onceEach(ended));
  });
});
