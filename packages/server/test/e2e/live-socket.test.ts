// What a browser sees of a running server: every event once and in order however often it reconnects, an answer while it
// is being written, and an orderly goodbye when the server ends.
import { createAgentRoute, listPersonasRoute } from '@gathering/contract/agents';
import { createChatRoute, listMessagesRoute, readTurnRoute } from '@gathering/contract/agents-chats';
import { logoutRoute, socketTicketRoute } from '@gathering/contract/auth';
import { listEventsRoute } from '@gathering/contract/events';
import type { Delta } from '@gathering/contract/frames';
import type { Run } from '@gathering/contract/pipelines';
import { createProjectRoute } from '@gathering/contract/projects';
import { createProviderRoute } from '@gathering/contract/providers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Api,
  chain,
  countEnds,
  type GivenNode,
  makeDefinition,
  nodeOf,
  onceEach,
  readRun,
  signIn,
  startDefinition,
  statusesOf,
  waitForEnd,
  withToken,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type ChatModel, startChatModel } from '../fakes/chat-model.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { makeProject } from '../make-repository.ts';
import { serversOfGroup } from '../server-process.ts';
import { connectSocket, type FrameOf, type SocketClient } from '../socket-client.ts';
import { waitFor } from '../wait-for.ts';

type Heard = FrameOf<'event'>;
const eventsOf = ({ frames }: SocketClient) => frames.filter((frame): frame is Heard => frame.type === 'event');
const deltasOf = ({ frames }: SocketClient) => frames.filter((frame) => frame.type === 'agents.delta');

const isAfter = (cursor: string, other: string): boolean => {
  const [transaction = 0n, place = 0n] = cursor.split('-').map(BigInt);
  const [otherTransaction = 0n, otherPlace = 0n] = other.split('-').map(BigInt);
  return transaction > otherTransaction || (transaction === otherTransaction && place > otherPlace);
};

/** All stored events after one cursor up to another, oldest first, as the API lists them. */
async function readEvents(api: Api, from: string, to: string) {
  const found: { cursor: string; event: unknown }[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.call(listEventsRoute, { query: { limit: 200, cursor } });
    found.push(...page.items.filter((one) => isAfter(one.cursor, from) && !isAfter(one.cursor, to)));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return found.reverse();
}

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();
  let api: Api;
  beforeAll(async () => {
    api = await signIn((await start(await makePlace())).url);
  });

  // promise: socket-log-equals-database
  it("a client that reconnects again and again while runs go on has heard the database's log", async () => {
    const tell = (id: string): GivenNode => ({ id, type: 'action', config: { kind: 'notify', title: id } });
    const ids = Array.from({ length: 8 }, (_, at) => `n${at}`);
    const definition = makeDefinition('Told', ids.map(tell), [
      ...chain('start', ...ids.slice(0, 4)),
      ...chain('start', ...ids.slice(4)),
    ]);
    const first = await api.openSocket();
    first.send({ type: 'subscribe', topics: ['*'] });
    const { cursor: begin } = await first.take('subscribed');
    first.close();
    const heard: Heard[] = [];
    const runs = await Promise.all(Array.from({ length: 15 }, () => startDefinition(api, definition)));
    let cuts = 0;
    for (let running = true; running || cuts < 8; cuts++) {
      const client = await api.openSocket();
      client.send({ type: 'subscribe', topics: ['*'], cursor: heard.at(-1)?.cursor ?? begin });
      const enough = 1 + Math.floor(Math.random() * 25);
      let open: Run[] = runs;
      await waitFor(
        'some events, or the last of them',
        async () => {
          if (eventsOf(client).length >= enough) return true;
          open = (await Promise.all(open.map(({ id }) => readRun(api, id)))).filter((run) => run.endedAt === null);
          running = open.length > 0;
          return !running && client.frames.some(({ type }) => type === 'caught-up');
        },
        { show: () => ({ enough, last: client.frames.slice(-3), open: open.map(statusesOf) }) },
      );
      client.close();
      heard.push(...eventsOf(client));
    }
    const last = await api.openSocket();
    last.send({ type: 'subscribe', topics: ['*'], cursor: heard.at(-1)?.cursor ?? begin });
    await last.take('caught-up');
    const { id } = await startDefinition(api, makeDefinition('Last', [tell('end')], [['start', 'end']]));
    await last.take('event', ({ event }) => event.type === 'pipelines.run-ended' && event.subject === `runs/${id}`);
    heard.push(...eventsOf(last));
    last.close();
    const log = await readEvents(api, begin, heard.at(-1)?.cursor ?? '');
    expect(heard.map(({ cursor, event }) => ({ cursor, event }))).toEqual(log);
    const ends = heard.filter(({ event }) => event.type === 'pipelines.node-ended');
    expect(ends.length).toBe(15 * 9 + 2);
    expect(new Set(heard.map(({ cursor }) => cursor)).size).toBe(heard.length);
  });

  it('a ticket opens one socket, and only for whoever is still signed in', async () => {
    const { ticket } = await api.call(socketTicketRoute, {});
    const client = await connectSocket(api.url, { ticket });
    await client.take('welcome');
    for (const used of [ticket, 'no-such-ticket', '']) {
      const refused = await connectSocket(api.url, { ticket: used });
      await expect(refused.take('welcome')).rejects.toThrow();
      expect((await refused.closed).code).toBe(4401);
      expect(refused.frames).toMatchObject([{ type: 'error', code: 'auth.ticket-invalid' }]);
    }
    client.close();
    const other = await signIn(api.url);
    const { ticket: orphan } = await other.call(socketTicketRoute, {});
    await other.call(logoutRoute, {});
    const late = await connectSocket(api.url, { ticket: orphan });
    expect((await late.closed).code).toBe(4401);
  });

  it('a frame that is not ours is refused by its ref, and a client that sends nothing else is closed', async () => {
    const client = await api.openSocket();
    await client.take('welcome');
    const bad: [string, string][] = [
      ['{"type": "subscribe", "ref": "1"}', 'request.invalid'],
      ['{"type": "subscribe", "topics": ["*"], "more": 1, "ref": "2"}', 'request.invalid'],
      ['{"type": "no-such-frame", "ref": "3"}', 'request.invalid'],
      ['{"type": "subscribe", "topics": ["*"], "cursor": "x", "ref": "4"}', 'request.invalid'],
      [
        '{"type": "agents.send", "chatId": "01890000-0000-7000-8000-000000000000", "text": "a", "ref": "5"}',
        'agents.chat-not-found',
      ],
      [`{"ref": "6", "type": ${'['.repeat(200)}${']'.repeat(200)}}`, 'request.too-deep'],
    ];
    for (const [text, code] of bad) {
      client.sendRaw(text);
      const ref = /"ref": "(\d)"/.exec(text)?.[1];
      expect([ref, (await client.take('error', (frame) => frame.ref === ref)).code]).toEqual([ref, code]);
    }
    client.send({ type: 'ping', ref: 'alive' });
    await client.take('pong');
    for (let times = 0; times < 10; times++) client.sendRaw('not json');
    expect((await client.closed).code).toBe(4400);
    const large = await api.openSocket();
    await large.take('welcome');
    large.sendRaw(`"${'a'.repeat(1024 * 1024 + 10)}"`);
    expect((await large.closed).code).toBe(4400);
  });
});

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();
  let api: Api;
  let model: ChatModel;
  let script: Parameters<typeof startChatModel>[0] = () => ({});
  let agentId = '';
  beforeAll(async () => {
    model = await startChatModel((asked, messages) => script(asked, messages));
    api = await signIn((await start(await makePlace())).url);
    const kind = 'openai-compatible' as const;
    const body = { name: 'local', kind, baseUrl: model.baseUrl, models: [{ id: 'fake-1' }] };
    await api.call(createProviderRoute, { body });
    const personaId = (await api.call(listPersonasRoute, { query: {} })).items[0]?.id ?? '';
    const agent = { name: 'Reader', personaId, model: { provider: 'local', model: 'fake-1' }, skills: ['filesystem'] };
    agentId = (await api.call(createAgentRoute, { body: agent })).id;
  });
  afterAll(() => model?.close());

  const openChat = async (projectId: string | null = null) => {
    const { id: chatId } = await api.call(createChatRoute, { params: { id: agentId }, body: { projectId } });
    const client = await api.openSocket();
    client.send({ type: 'agents.watch', chatIds: [chatId], ref: 'watch' });
    await client.take('done');
    return { chatId, client };
  };
  const textOf = (deltas: readonly Delta[]) =>
    deltas.flatMap((delta) => (delta.kind === 'text' ? [delta.text] : [])).join('');

  // promise: answers-are-streamed
  it('an answer is shown word by word while it is written, with the tools that it calls', async () => {
    const held = Promise.withResolvers<void>();
    script = (_asked, messages) =>
      messages.at(-1)?.role === 'tool'
        ? { text: 'The file says hello to you.', hold: held.promise }
        : { calls: [{ tool: 'filesystem_read', input: { path: 'greeting.txt' } }] };
    const folder = makeProject({ 'greeting.txt': 'hello\n' });
    const project = await api.call(createProjectRoute, { body: { name: 'Greeting', folder } });
    const { chatId, client } = await openChat(project.id);
    client.send({ type: 'agents.send', chatId, text: 'What does greeting.txt say?', ref: 'send' });
    const sent = await client.take('agents.sent');
    const called = await client.take('agents.delta', ({ delta }) => delta.kind === 'tool-called');
    expect(called.delta).toMatchObject({ tool: 'filesystem_read', input: { path: 'greeting.txt' } });
    const ended = await client.take('agents.delta', ({ delta }) => delta.kind === 'tool-ended');
    expect(ended.delta).toMatchObject({ ok: true, output: expect.stringContaining('hello') });
    // The model still holds the rest of its answer: what is here was not waited for.
    await client.take('agents.delta', ({ delta }) => delta.kind === 'text');
    expect(textOf(deltasOf(client).map(({ delta }) => delta)).trim()).toBe('The');
    held.resolve();
    const end = await client.take('agents.delta', ({ delta }) => delta.kind === 'turn-ended');
    expect(end.delta).toMatchObject({ status: 'completed', stopReason: 'completed' });
    const deltas = deltasOf(client);
    expect(deltas[0]?.delta.kind).toBe('turn-started');
    expect(deltas.every(({ turnId }) => turnId === sent.turnId)).toBe(true);
    const numbers = deltas.map(({ sequence }) => sequence);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const { items } = await api.call(listMessagesRoute, { params: { id: chatId }, query: {} });
    expect(items[0]).toMatchObject({
      role: 'assistant',
      text: textOf(deltas.map(({ delta }) => delta)),
      toolCalls: [{ tool: 'filesystem_read', ok: true }],
      inputTokens: 240,
    });
    expect(items[0]?.text).toBe('The file says hello to you.');
    client.close();
  });

  it('an answer that is stopped ends at once, and what was written of it is kept', async () => {
    const held = Promise.withResolvers<void>();
    script = () => ({ text: 'Once upon a time', hold: held.promise });
    const { chatId, client } = await openChat();
    client.send({ type: 'agents.send', chatId, text: 'Tell me a story.', ref: 'send' });
    const { turnId } = await client.take('agents.sent');
    await client.take('agents.delta', ({ delta }) => delta.kind === 'text');
    client.send({ type: 'agents.send', chatId, text: 'And another one.', ref: 'second' });
    expect((await client.take('error')).code).toBe('agents.turn-running');
    client.send({ type: 'agents.stop', chatId, ref: 'stop' });
    const end = await client.take('agents.delta', ({ delta }) => delta.kind === 'turn-ended');
    expect(end.delta).toMatchObject({ status: 'cancelled', stopReason: 'cancelled' });
    await waitFor('the model to be left alone', () => model.calls.at(-1)?.wasAborted);
    expect(await api.call(readTurnRoute, { params: { id: turnId } })).toMatchObject({ status: 'cancelled' });
    const { items } = await api.call(listMessagesRoute, { params: { id: chatId }, query: {} });
    expect(items[0]).toMatchObject({ role: 'assistant', text: 'Once', stopReason: 'cancelled' });
    held.resolve();
    script = () => ({ text: 'Of course.' });
    client.send({ type: 'agents.send', chatId, text: 'Are you still there?', ref: 'third' });
    await client.take('agents.delta', ({ delta }) => delta.kind === 'turn-ended');
    client.close();
  });
});

eachDatabase((_open, makePlace) => {
  const start = serversOfGroup();

  // promise: drain-loses-nothing
  it('a server that is told to end says goodbye, finishes what is short and hands the rest to the next', async () => {
    const toldToEnd = Promise.withResolvers<void>();
    let isOver = false;
    const outside = await startOutsideServer(async ({ path }) => {
      if (path === '/short') await toldToEnd.promise;
      return path === '/long' && !isOver ? 'hang' : undefined;
    });
    const place = await makePlace();
    const env = { GATHERING_EGRESS_ALLOW: outside.hostPort, GATHERING_DRAIN_MS: '1500' };
    const first = await start(place, { env });
    const api = await signIn(first.url);
    const get = (id: string): GivenNode => ({
      id,
      type: 'action',
      config: { kind: 'callApi', url: `${outside.url}/${id}` },
    });
    const edges = [...chain('start', 'short', 'next'), ...chain('start', 'long')];
    const { id } = await startDefinition(
      api,
      makeDefinition('Drained', [get('short'), get('long'), get('next')], edges),
    );
    await waitFor('both calls', () => outside.calls.length === 2);
    const client = await api.openSocket();
    await client.take('welcome');
    const ended = first.stop();
    await client.take('draining');
    toldToEnd.resolve();
    expect((await client.closed).code).toBe(1001);
    const begun = performance.now();
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(outside.callsOf('/next')).toHaveLength(0);
    isOver = true;
    const second = await start(place, { env });
    const again = withToken(second.url, api.token);
    const run = await waitForEnd(again, id);
    expect([run.status, nodeOf(run, 'short').status]).toEqual(['completed', 'completed']);
    const calls = ['/short', '/long', '/next'].map((path) => outside.callsOf(path).length);
    expect(calls).toEqual([1, 2, 1]);
    expect(await countEnds(again, id)).toEqual(onceEach(run));
  });
});
