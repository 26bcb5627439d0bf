// A run outlives the process: killed at any moment and started again it goes on by itself, and nothing that was
// finished is done again. What may have had its effect when it was cut off waits for a person.
import { listNotificationsRoute } from '@gathering/contract/notifications';
import { decideNodeRoute, type Run, readNodeTurnRoute } from '@gathering/contract/pipelines';
import { expect, it } from 'vitest';
import {
  chain,
  countEnds,
  type GivenNode,
  makeDefinition,
  nodeOf,
  onceEach,
  readRun,
  signIn,
  startDefinition,
  startInFolder,
  statusesOf,
  waitForEnd,
  waitForRun,
  withToken,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { startChatModel } from '../fakes/chat-model.ts';
import { type NotedCall, type OutsideServer, startOutsideServer } from '../fakes/http-server.ts';
import { makeAgentOn } from '../make-agent.ts';
import { makeProject } from '../make-repository.ts';
import { serversOfGroup } from '../server-process.ts';
import { waitFor } from '../wait-for.ts';

const allow = (...servers: OutsideServer[]) => ({
  env: { GATHERING_EGRESS_ALLOW: servers.map(({ hostPort }) => hostPort).join(',') },
});

const finishedOf = (run: Run) => run.nodes.filter((node) => node.status === 'completed');

/** Delays, calls that may be repeated (GET, PUT, and POST with a key) and an agent, one after the other. */
function makeLongChain(outside: OutsideServer) {
  const nodes = Array.from({ length: 60 }, (_, at): GivenNode => {
    const id = `step${at}`;
    if (at === 14) return { id, type: 'agent', config: { agentId: 'assistant', task: 'Say what you are.' } };
    if (at % 4 === 1) return { id, type: 'delay', config: { seconds: 0.1 } };
    const method = ['GET', 'PUT', 'POST', 'POST'][at % 4] ?? 'GET';
    const headers: Record<string, string> = method === 'POST' ? { 'idempotency-key': '{{ run.id }}' } : {};
    return { id, type: 'action', config: { kind: 'callApi', url: `${outside.url}/${id}`, method, headers } };
  });
  return makeDefinition('Long chain', nodes, chain('start', ...nodes.map(({ id }) => id)));
}

const turnOfLoop = () => new Promise((resolve) => setImmediate(resolve));

eachDatabase((_open, makePlace, kind) => {
  const start = serversOfGroup();
  // A server's worker is taken for dead after 10 s only, so fewer deaths take as long.
  const kills = kind === 'embedded' ? 5 : 3;

  // promise: survives-kill
  // promise: node-settled-once
  it('a run that is killed at random moments completes by itself, and no finished node runs again', async () => {
    const place = await makePlace();
    const outside = await startOutsideServer();
    let server = await start(place, allow(outside));
    let api = await signIn(server.url);
    const { id } = await startDefinition(api, makeLongChain(outside));
    const finished = new Map<string, { node: unknown; calls: number }>();
    for (let kill = 0; kill < kills; kill++) {
      const enough = outside.calls.length + 1 + Math.floor(Math.random() * 2);
      await waitFor('the run to go on by itself', () => outside.calls.length >= enough);
      for (let turns = Math.random() * 200; turns > 0; turns--) await turnOfLoop();
      await server.kill();
      const before = outside.calls.length;
      server = await start(place, allow(outside));
      api = withToken(server.url, api.token);
      for (const node of finishedOf(await readRun(api, id))) {
        const calls = outside.callsOf(`/${node.id}`).length;
        // Only what ended before this process began is known to have been finished at the kill.
        if (!finished.has(node.id) && calls === outside.calls.slice(0, before).filter(isTo(node.id)).length)
          finished.set(node.id, { node, calls });
      }
    }
    const run = await waitForEnd(api, id);
    expect([run.status, run.error]).toEqual(['completed', null]);
    // The moments are random, so how many had finished is too; with none the rest would prove nothing.
    expect(finished.size).toBeGreaterThan(0);
    for (const [nodeId, { node, calls }] of finished) {
      expect(nodeOf(run, nodeId)).toEqual(node);
      expect([nodeId, outside.callsOf(`/${nodeId}`).length]).toEqual([nodeId, calls]);
    }
    expect(await countEnds(api, id)).toEqual(onceEach(run));
    expectInOrder(run);
  });

  it('a turn of an agent that was cut off goes on from its journal and asks for nothing twice', async () => {
    const place = await makePlace();
    const held = Promise.withResolvers<void>();
    const model = await startChatModel((asked) => {
      if (asked === 0) return { calls: [{ tool: 'filesystem_read', input: { path: 'greeting.txt' } }] };
      return { text: 'The file says hello.', hold: asked === 1 ? held.promise : undefined };
    });
    const folder = makeProject({ 'greeting.txt': 'hello\n' });
    let server = await start(place);
    let api = await signIn(server.url);
    await makeAgentOn(api, model.baseUrl, 'Reader', ['filesystem']);
    const reader = { id: 'reader', type: 'agent', config: { agentId: 'reader', task: 'Read greeting.txt.' } };
    const definition = makeDefinition('Reading', [reader], [['start', 'reader']]);
    const { id } = await startInFolder(api, definition, folder);
    await waitFor('the second question', () => model.calls.length === 2);
    const before = await api.call(readNodeTurnRoute, { params: { id, nodeId: 'reader' } });
    await server.kill();
    held.resolve();
    server = await start(place);
    api = withToken(server.url, api.token);
    const run = await waitForEnd(api, id);
    expect([run.status, nodeOf(run, 'reader').output]).toMatchObject(['completed', { text: 'The file says hello.' }]);
    const turn = await api.call(readNodeTurnRoute, { params: { id, nodeId: 'reader' } });
    expect(turn.steps.map(({ kind, state }) => [kind, state])).toEqual([
      ['model', 'done'],
      ['tool', 'done'],
      ['model', 'done'],
    ]);
    expect(turn.steps.slice(0, 2)).toEqual(before.steps.slice(0, 2));
    // One question was answered before, one was cut off and is asked again.
    expect(model.calls).toHaveLength(3);
    expect(model.calls[2]?.body).toBe(model.calls[1]?.body);
    expect([turn.inputTokens, turn.outputTokens]).toEqual([240, 60]);
    expect(await countEnds(api, id)).toEqual(onceEach(run));
  });

  // promise: unsafe-waits-for-a-person
  it('an action that may have had its effect waits for a person, each time that it is cut off', async () => {
    const place = await makePlace();
    let hangs = true;
    const outside = await startOutsideServer(() => (hangs ? 'hang' : undefined));
    const post = (id: string) => ({ kind: 'callApi', method: 'POST', url: `${outside.url}/${id}`, body: { id } });
    const definition = makeDefinition(
      'Two orders',
      [
        { id: 'a', type: 'action', config: post('a') },
        { id: 'b', type: 'action', config: post('b') },
        { id: 'after', type: 'delay', config: { seconds: 0 } },
      ],
      [
        ['start', 'a'],
        ['start', 'b'],
        ['a', 'after'],
        ['b', 'after'],
      ],
    );
    let server = await start(place, allow(outside));
    let api = await signIn(server.url);
    const { id } = await startDefinition(api, definition);
    await waitFor('both calls', () => outside.calls.length === 2);
    const restart = async () => {
      await server.kill();
      server = await start(place, allow(outside));
      api = withToken(server.url, api.token);
    };
    const waitsFor = (ids: string[]) => (run: Run) =>
      ids.every((one) => nodeOf(run, one).waitingFor?.kind === 'decision') && run.status === 'waiting';

    await restart();
    const waiting = await waitForRun(api, id, 'to wait for both', waitsFor(['a', 'b']));
    expect(nodeOf(waiting, 'a').waitingFor?.question).toMatch(/cut off.*Repeat it, or skip it/);
    const inbox = await api.call(listNotificationsRoute, { query: { unread: 'true' } });
    expect(inbox.items.map(({ urgency, link }) => [urgency, link]).sort()).toEqual([
      ['needs-person', `/runs/${id}?node=a`],
      ['needs-person', `/runs/${id}?node=b`],
    ]);
    expect(outside.calls).toHaveLength(2);

    // Repeated, and cut off once more: nobody said that it may be done a third time.
    const decide = (nodeId: string, decision: 'repeat' | 'skip') =>
      api.call(decideNodeRoute, { params: { id, nodeId }, body: { decision } });
    await decide('a', 'repeat');
    await waitFor('the repeated call', () => outside.callsOf('/a').length === 2);
    await restart();
    await waitForRun(api, id, 'to wait for both again', waitsFor(['a', 'b']));
    expect(outside.calls).toHaveLength(3);

    hangs = false;
    await decide('a', 'repeat');
    await waitForRun(api, id, 'to have repeated a', (run) => nodeOf(run, 'a').status === 'completed');
    expect((await readRun(api, id)).status).toBe('waiting');
    await decide('b', 'skip');
    const run = await waitForEnd(api, id);
    expect([run.status, statusesOf(run).after]).toEqual(['completed', 'completed']);
    expect([nodeOf(run, 'a').output, nodeOf(run, 'b').output]).toMatchObject([{ status: 200 }, { skipped: true }]);
    expect([outside.callsOf('/a').length, outside.callsOf('/b').length]).toEqual([3, 1]);
    const keys = outside.callsOf('/a').map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(1);
    expect(await countEnds(api, id)).toEqual(onceEach(run));
    await expect(decide('b', 'repeat')).rejects.toMatchObject({ problem: { code: 'pipelines.node-not-waiting' } });
  });
});

const isTo = (nodeId: string) => (call: NotedCall) => call.path === `/${nodeId}`;

/** In a chain none begins before the one before it has ended. */
function expectInOrder(run: Run): void {
  const times = run.nodes.map(({ startedAt, endedAt }) => [Date.parse(startedAt ?? ''), Date.parse(endedAt ?? '')]);
  times.slice(1).forEach(([begin = 0], at) => {
    expect(begin).toBeGreaterThanOrEqual(times[at]?.[1] ?? Number.NaN);
  });
}
