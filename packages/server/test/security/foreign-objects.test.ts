// Two people side by side: whatever one of them reads, lists, subscribes to or asks for by id, nothing of the other's is in it.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listAgentsRoute } from '@gathering/contract/agents';
import { createChatRoute, listMessagesRoute, sendMessageRoute } from '@gathering/contract/agents-chats';
import { loginRoute } from '@gathering/contract/auth';
import { listNotificationsRoute } from '@gathering/contract/notifications';
import { endedStatuses, runDefinitionRoute } from '@gathering/contract/pipelines';
import {
  addProjectMemberRoute,
  createProjectRoute,
  listProjectsRoute,
  removeProjectMemberRoute,
} from '@gathering/contract/projects';
import { startTaskRoute } from '@gathering/contract/tasks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, makeDefinition, readRun, signIn, waitForEnd, withToken } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { hashOnce, insertUser } from '../make-user.ts';
import type { SocketClient } from '../socket-client.ts';

interface Person {
  readonly id: string;
  readonly api: Api;
  /** Stands in everything that is theirs, and nowhere else. */
  readonly canary: string;
  readonly projectId: string;
  readonly chatId: string;
  readonly turnId: string;
  readonly runIds: readonly string[];
  readonly notificationId: string;
  readonly taskId: string;
}

const password = 'a long sentence for everybody';
const telling = (canary: string) =>
  makeDefinition(
    canary,
    [{ id: 'tell', type: 'action', config: { kind: 'notify', title: canary } }],
    [['start', 'tell']],
  );
const endOf = (socket: SocketClient, runId: string) =>
  socket.take('event', ({ event }) => event.type === 'pipelines.run-ended' && event.subject === `runs/${runId}`);

async function follow(api: Api, cursor?: string): Promise<SocketClient> {
  const socket = await api.openSocket();
  socket.send({ type: 'subscribe', topics: ['*'], ...(cursor !== undefined && { cursor }) });
  await socket.take('caught-up');
  return socket;
}

eachDatabase((_open, makePlace, kind) => {
  let server: InProcessServer;
  let owner: Api;
  let folder: string;
  let passwordHash: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'gathering-foreign-')));
    server = await startInProcess(await makePlace());
    owner = await signIn(server.url);
    passwordHash = await hashOnce(password);
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function enter(): Promise<{ id: string; api: Api }> {
    const { id, email } = await insertUser(server.database, { passwordHash });
    const anonymous = withToken(server.url, '');
    const { accessToken } = await anonymous.call(loginRoute, { body: { email, password } });
    return { id, api: withToken(server.url, accessToken) };
  }
  async function makeProject(name: string, userId: string): Promise<string> {
    const { id } = await owner.call(createProjectRoute, { body: { name, folder } });
    await owner.call(addProjectMemberRoute, { params: { id, userId } });
    return id;
  }
  async function run(api: Api, canary: string, projectId: string | null): Promise<string> {
    const { id } = await api.call(runDefinitionRoute, { body: { definition: telling(canary), projectId } });
    await waitForEnd(api, id);
    return id;
  }
  async function furnish(canary: string, { id, api }: { id: string; api: Api }): Promise<Person> {
    const projectId = await makeProject(canary, id);
    const { items: agents } = await api.call(listAgentsRoute, { query: {} });
    const params = { id: agents[0]?.id ?? '' };
    const chat = await api.call(createChatRoute, { params, body: { title: canary, projectId } });
    const answer = await api.call(sendMessageRoute, { params: { id: chat.id }, body: { text: `${canary}?` } });
    const runIds = [await run(api, canary, projectId), await run(api, canary, null)];
    const { items } = await api.call(listNotificationsRoute, { query: {} });
    expect(items.map(({ title }) => title)).toEqual([canary, canary]);
    const notificationId = items[0]?.id ?? '';
    const begun = await api.call(startTaskRoute, { body: { agent: params.id, goal: canary, projectId } });
    const things = { projectId, chatId: chat.id, turnId: answer.turnId ?? '', runIds, notificationId };
    return { id, api, canary, ...things, taskId: begun.id };
  }

  it('in 200 interleaved requests and on sockets nobody ever sees a thing of somebody else', async () => {
    const [first, second] = [await enter(), await enter()];
    const live = [await follow(first.api), await follow(second.api)];
    const people = await Promise.all([furnish('canary-of-ada', first), furnish('canary-of-bob', second)]);
    const [ada, bob] = people;
    const idsOf = (one: Person) => [
      one.canary,
      one.projectId,
      one.chatId,
      one.turnId,
      one.notificationId,
      one.taskId,
      ...one.runIds,
    ];
    const lists = [
      ...['projects', 'runs', 'notifications', 'home', 'pipelines', 'agents', 'users', 'providers/usage'],
      ...[
        'events?limit=200',
        'events?feature=agents',
        'events?feature=notifications',
        'runs?status=completed&limit=1',
        'tasks',
      ],
    ];
    const askedOf = (other: Person) => [
      ...lists,
      ...[`chats/${other.chatId}`, `chats/${other.chatId}/messages`, `turns/${other.turnId}`],
      ...[`tasks/${other.taskId}`, `events?subject=tasks/${other.taskId}`],
      ...[`projects/${other.projectId}`, `projects/${other.projectId}/members`],
      ...other.runIds.flatMap((id) => [`runs/${id}`, `runs/${id}/nodes/tell/turn`, `events?subject=runs/${id}`]),
      `events?subject=chats/${other.chatId}`,
    ];
    const found: string[] = [];
    const look = async (reader: Person, other: Person, path: string) => {
      const reply = await reader.api.request('GET', `/api/${path}`);
      const text = await reply.text();
      for (const secret of idsOf(other)) if (text.includes(secret)) found.push(`${path} shows ${secret}`);
      const isOne = /^(chats|turns|projects\/|runs\/|tasks\/)/.test(path);
      if (isOne && reply.status !== 404) found.push(`${path} answers ${reply.status}`);
    };
    for (let at = 0; at < 200; at += 8) {
      const some = Array.from({ length: 8 }, (_, more) => at + more).map((number) => {
        const [reader, other] = number % 2 === 0 ? [ada, bob] : [bob, ada];
        const paths = askedOf(other);
        return look(reader, other, paths[Math.floor(number / 2) % paths.length] ?? '');
      });
      await Promise.all(some);
    }
    expect(found).toEqual([]);
    // What is one's own is there, in the same places.
    const own = await ada.api.request('GET', '/api/events?limit=200');
    expect(await own.text()).toContain(ada.chatId);

    for (const [at, socket] of live.entries()) {
      const [reader, other] = at === 0 ? [ada, bob] : [bob, ada];
      for (const runId of reader.runIds) await endOf(socket, runId);
      const replayed = await follow(reader.api, '0-0');
      socket.send({ type: 'agents.watch', chatIds: [other.chatId], ref: 'watch' });
      expect(await socket.take('error')).toMatchObject({ code: 'agents.chat-not-found', ref: 'watch' });
      socket.send({ type: 'agents.send', chatId: other.chatId, text: 'Mine?', ref: 'send' });
      expect(await socket.take('error')).toMatchObject({ code: 'agents.chat-not-found', ref: 'send' });
      socket.send({ type: 'subscribe', topics: [`chats/${other.chatId}`, `runs/${other.runIds[0]}`], cursor: '0-0' });
      await socket.take('caught-up');
      for (const { frames } of [socket, replayed]) {
        const text = JSON.stringify(frames);
        expect(idsOf(other).filter((secret) => text.includes(secret))).toEqual([]);
      }
      expect(JSON.stringify(replayed.frames)).toContain(reader.chatId);
      replayed.close();
      socket.close();
    }
    // Neither do owners see what is personal.
    for (const path of [`chats/${ada.chatId}`, `turns/${ada.turnId}`])
      expect((await owner.request('GET', `/api/${path}`)).status).toBe(404);
    const foreign = owner.call(listMessagesRoute, { params: { id: ada.chatId }, query: {} });
    await expect(foreign).rejects.toMatchObject({ problem: { code: 'agents.chat-not-found' } });
    expect(JSON.stringify((await follow(owner, '0-0')).frames)).not.toContain(ada.chatId);
    // In a project of another nothing begins.
    const body = { definition: telling('stray'), projectId: bob.projectId };
    await expect(ada.api.call(runDefinitionRoute, { body })).rejects.toMatchObject({
      problem: { code: 'projects.not-found' },
    });
  });

  it('who joins or leaves a project sees it or not at once, on sockets that are open, on every instance', async () => {
    const other = kind === 'server' ? await startInProcess(await placeOf(server)) : server;
    try {
      const { id: userId, api } = await enter();
      const socket = await follow(withToken(other.url, api.token));
      const { id } = await owner.call(createProjectRoute, { body: { name: `Shared ${kind}`, folder } });
      const before = await run(owner, 'before', id);
      await owner.call(addProjectMemberRoute, { params: { id, userId } });
      await socket.take('event', ({ event }) => event.type === 'projects.membership-changed');
      const during = await run(owner, 'during', id);
      await endOf(socket, during);
      expect((await api.call(listProjectsRoute, { query: {} })).items.map((project) => project.id)).toEqual([id]);
      expect(endedStatuses).toContain((await readRun(api, before)).status);
      await owner.call(removeProjectMemberRoute, { params: { id, userId } });
      const after = await run(owner, 'after', id);
      // Whatever was to come of it would have come before this.
      await endOf(socket, await run(api, 'own', null));
      const heard = JSON.stringify(socket.frames);
      expect([before, after].filter((runId) => heard.includes(runId))).toEqual([]);
      expect((await api.call(listProjectsRoute, { query: {} })).items).toEqual([]);
      await expect(readRun(api, during)).rejects.toMatchObject({ problem: { code: 'pipelines.run-not-found' } });
    } finally {
      if (other !== server) await other.stop();
    }
  });

  /** A second instance on the same database, with a folder of its own. */
  async function placeOf({ config }: InProcessServer) {
    const dataDir = mkdtempSync(join(folder, 'instance-'));
    return { kind, dataDir, databaseUrl: config.databaseUrl };
  }
});
