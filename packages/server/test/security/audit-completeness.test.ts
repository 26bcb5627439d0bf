// Derived from the contract: whatever changes something leaves an audit entry with the id of its request, when it is done.
// A route that is new fails here until it has a call below and an entry, or a reason why it needs none.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listAgentsRoute } from '@gathering/contract/agents';
import { createChatRoute, readChatRoute } from '@gathering/contract/agents-chats';
import { listApprovalsRoute } from '@gathering/contract/approvals';
import { listAuditRoute } from '@gathering/contract/audit';
import { socketTicketRoute } from '@gathering/contract/auth';
import { cancelRunRoute } from '@gathering/contract/pipelines';
import { pauseRunRoute } from '@gathering/contract/pipelines-controls';
import type { Route } from '@gathering/contract/route';
import { afterAll, expect, it } from 'vitest';
import { allBoundRoutes } from '../../src/boot/routes.ts';
import { registerRedrives } from '../../src/features/operations/index.ts';
import { newId } from '../../src/platform/ids.ts';
import { type Api, makeDefinition, nodeOf, signIn, startDefinition, startInFolder, waitForRun } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { startChatModel } from '../fakes/chat-model.ts';
import { startOutsideServer } from '../fakes/http-server.ts';
import { makeTaskOf } from '../guarded-things.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { insertDeadLetter } from '../insert-dead-letter.ts';
import { type ExampleCall, makeExampleCalls, pathOf } from '../requests.ts';
import { connectSocket } from '../socket-client.ts';
import { waitFor } from '../wait-for.ts';
import { accountCalls, makePerson, type PreparedCall } from './account-calls.ts';

/** Routes that change nothing that anybody is to account for, each with its reason. */
const exceptions: Readonly<Record<string, string>> = {
  'pipelines.try-filter': 'It looks at events and changes nothing.',
  'pipelines.validate': 'It looks at a definition and changes nothing.',
  'schedules.back-test': 'It looks at the past and changes nothing.',
  'notifications.mark': 'Somebody has read what was written to them.',
  'notifications.mark-all': 'Somebody has read what was written to them.',
  'auth.make-socket-ticket': 'A key of half a minute to the session whose beginning is recorded.',
  'auth.set-up-owner': 'Only where there is no owner; shown in auth.db.test.ts.',
};

/** Later than everything else: they take away what other calls need. */
const lastOnes = [
  ...[
    'agents.stop-turn',
    'agents.remove-chat',
    'agents.remove',
    'agents.remove-persona',
    'projects.remove',
    'providers.remove',
    'schedules.remove',
  ],
  ...[
    'pipelines.renew-trigger',
    'pipelines.remove-trigger',
    'pipelines.remove',
    'auth.sign-out',
    'auth.sign-out-everywhere',
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'gathering-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const changing = allBoundRoutes.map(({ route }) => route).filter(({ method }) => method !== 'GET');
const orderOf = ({ name }: Route): number => lastOnes.indexOf(name);

type Prepare = (api: Api, server: InProcessServer, call: ExampleCall) => Promise<PreparedCall>;

/** What must be so before a route can do anything, where an example alone is not enough. */
const preparations: Readonly<Record<string, Prepare>> = {
  ...accountCalls,
  'projects.add-member': async (api, _server, { params }) => ({
    params: { ...params, userId: (await makePerson(api)).id },
  }),
  'agents.stop-turn': async (api, { database }, { params }) => {
    await waitFor('the turns before to end', async () => {
      const open = `select 1 from agent.turns where chat_id = $1 and status in ('pending', 'running', 'waiting')`;
      return (await database.query(open, [params.id])).rowCount === 0;
    });
    const model = await startChatModel(() => ({ text: 'one two', hold: new Promise(() => undefined) }));
    const body = { name: 'slow', kind: 'openai-compatible', baseUrl: model.baseUrl, models: [{ id: 'one' }] };
    expect((await send(api, 'POST', '/api/providers', body)).status).toBe(201);
    const { agentId } = await api.call(readChatRoute, { params: { id: params.id ?? '' } });
    const change = { model: { provider: 'slow', model: 'one' } };
    expect((await send(api, 'PATCH', `/api/agents/${agentId}`, change)).status).toBe(200);
    void send(api, 'POST', `/api/chats/${params.id}/messages`, { text: 'Go on for ever.' }).catch(() => undefined);
    await waitFor('the question', () => model.calls.length > 0);
    return {};
  },
  // As if its process had been killed in the middle of a call.
  'agents.decide-step': async (_api, { database }, { params }) => {
    await database.query(
      `insert into agent.steps (turn_id, index, kind, state, tool, call_id, effect, idempotency_key, input, started_at)
       values ($1, 1000, 'tool', 'waiting', 'post_letter', 'call', 'unsafe', 'key', '{}', now())`,
      [params.id],
    );
    await database.query(`update agent.turns set status = 'waiting', ended_at = null where id = $1`, [params.id]);
    return { params: { ...params, index: '1000' } };
  },
  'tasks.pause': (_api, { database }) => makeTaskIn(database, 'pending'),
  'tasks.resume': (_api, { database }) => makeTaskIn(database, 'paused'),
  'tasks.cancel': (_api, { database }) => makeTaskIn(database, 'pending'),
  'tasks.send-message': (_api, { database }) => makeTaskIn(database, 'pending'),
  'tasks.decide': async (_api, { database }) => {
    const prepared = await makeTaskIn(database, 'waiting');
    await database.query(
      `insert into agent.turns (id, agent_id, agent_name, task_id, actor_id, status, attempt, input_tokens, output_tokens, created_at)
       select turn_id, agent_id, agent_name, id, actor_id, 'waiting', 1, 0, 0, now() from task.tasks where id = $1`,
      [prepared.params.id],
    );
    await database.query(
      `insert into agent.steps (turn_id, index, kind, state, tool, call_id, effect, idempotency_key, input, started_at)
       select turn_id, 0, 'tool', 'waiting', 'post_letter', 'call', 'unsafe', 'key', '{}', now() from task.tasks where id = $1`,
      [prepared.params.id],
    );
    return prepared;
  },
  'pipelines.decide-node': async (api, { database }) => {
    const run = await startDefinition(api, waitingDefinition);
    await waitForRun(api, run.id, 'to wait', (now) => nodeOf(now, 'wait').status === 'waiting');
    await database.query(
      `update pipeline.node_runs set waiting_kind = 'decision', question = 'Again?' where run_id = $1 and node_id = 'wait'`,
      [run.id],
    );
    return { params: { id: run.id, nodeId: 'wait' } };
  },
  'pipelines.pause-run': async (api) => ({ params: { id: (await startDefinition(api, waitingDefinition)).id } }),
  'pipelines.resume-run': async (api) => {
    const { id } = await startDefinition(api, waitingDefinition);
    await api.call(pauseRunRoute, { params: { id } });
    return { params: { id } };
  },
  'pipelines.retry-run': async (api) => {
    const { id } = await startDefinition(api, waitingDefinition);
    await api.call(cancelRunRoute, { params: { id } });
    return { params: { id } };
  },
  'pipelines.signal-node': async (api) => {
    const wait = { id: 'wait', type: 'wait', config: { kind: 'signal' } };
    const run = await startDefinition(api, makeDefinition('Signalled', [wait], [['start', 'wait']]));
    await waitForRun(api, run.id, 'to wait', (now) => nodeOf(now, 'wait').status === 'waiting');
    return { params: { id: run.id, nodeId: 'wait' } };
  },
  'approvals.cast-vote': async (api) => {
    const ask = { id: 'ask', type: 'approval', config: { title: 'Go on?' } };
    const run = await startDefinition(api, makeDefinition('Asking', [ask], [['start', 'ask']]));
    await waitForRun(api, run.id, 'to ask', (now) => nodeOf(now, 'ask').status === 'waiting');
    const { items } = await api.call(listApprovalsRoute, { query: { subject: `runs/${run.id}` } });
    const { id = '', shown } = items[0] ?? {};
    return { params: { id }, body: { decision: 'approve', shown } };
  },
  'schedules.resume': async (api, _server, { params }) => {
    await send(api, 'POST', `/api/schedules/${params.id}/pause`, undefined);
    return {};
  },
  'operations.reset-breaker': async (_api, { database }, { body }) => {
    await database.query(
      `insert into breaker.breakers (target, state, failures, times_opened, last_error, last_failed_at, updated_at)
       values ($1, 'closed', 1, 0, 'it answered 503', now(), now())`,
      [(body as { target: string }).target],
    );
    return {};
  },
  'operations.redrive-dead-letter': async (_api, { database }) => {
    // The only jobs of today are not done again as they are: one whose feature says nothing else is.
    registerRedrives([{ name: runTurnJob }]);
    return { params: { id: await insertDeadLetter(database, runTurnJob, { turnId: newId() }) } };
  },
  'operations.dismiss-dead-letter': async (_api, { database }) => ({
    params: { id: await insertDeadLetter(database, 'pipelines.run-node', {}) },
  }),
  'pipelines.cancel-run': async (api) => ({ params: { id: (await startDefinition(api, waitingDefinition)).id } }),
};

const runTurnJob = 'agents.run-turn';

async function makeTaskIn(database: InProcessServer['database'], status: string): Promise<{ params: { id: string } }> {
  const id = await makeTaskOf(database, 'system/test', null);
  await database.query('update task.tasks set status = $2 where id = $1', [id, status]);
  return { params: { id } };
}

const waitingDefinition = makeDefinition(
  'Waiting',
  [{ id: 'wait', type: 'delay', config: { seconds: 86_400 } }],
  [['start', 'wait']],
);

function send(api: Api, method: string, path: string, body: unknown): Promise<Response> {
  const init =
    body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return api.request(method, path, init);
}

/** Names are taken once, and the examples of several routes share one. */
function withOwnName(body: unknown, route: Route): unknown {
  const isNamed = typeof body === 'object' && body !== null && 'name' in body && body.name === 'Another';
  return isNamed ? { ...body, name: `Another of ${route.name}` } : body;
}

eachDatabase((_open, makePlace) => {
  it('every route that changes something leaves an audit entry, or says why not', async () => {
    expect(Object.keys(exceptions).filter((name) => !changing.some((route) => route.name === name))).toEqual([]);
    const server = await startInProcess(await makePlace());
    try {
      const api = await signIn(server.url);
      // Signing out ends the session that asks.
      const other = await signIn(server.url);
      const calls = await makeExampleCalls(api, folder);
      const silent: string[] = [];
      for (const route of changing.toSorted((a, b) => orderOf(a) - orderOf(b))) {
        if (exceptions[route.name] !== undefined) continue;
        const example = calls.get(route.name) ?? { params: {}, body: undefined };
        const prepared: PreparedCall = (await preparations[route.name]?.(api, server, example)) ?? {};
        const { params, body } = { ...example, ...prepared };
        const who = prepared.as ?? (route.name === 'auth.sign-out' ? other : api);
        const reply = await send(who, route.method, pathOf(route, params), withOwnName(body, route));
        expect([route.name, reply.status, await reply.text()]).toEqual([
          route.name,
          route.status ?? 200,
          expect.anything(),
        ]);
        const { rows } = await server.database.query<{ action: string }>(
          'select action from audit.entries where request_id = $1',
          [reply.headers.get('x-request-id')],
        );
        if (rows.length === 0) silent.push(`${route.name} was done and left no audit entry`);
      }
      expect(silent).toEqual([]);
    } finally {
      await server.stop();
    }
  });

  it('an action with an effect is recorded with who, what, on which project and how it ended', async () => {
    let fails = false;
    const outside = await startOutsideServer((_call, reply) => {
      reply.writeHead(fails ? 500 : 200, { 'content-type': 'application/json' }).end('{}');
      return undefined;
    });
    const server = await startInProcess(await makePlace(), { GATHERING_EGRESS_ALLOW: outside.hostPort });
    try {
      const api = await signIn(server.url);
      const url = `${outside.url}/orders?token=in-the-query`;
      const post = { id: 'post', type: 'action', config: { kind: 'callApi', method: 'POST', url } };
      const definition = makeDefinition('Ordering', [post], [['start', 'post']]);
      const run = await startInFolder(api, definition, mkdtempSync(join(folder, 'project-')));
      await waitForRun(api, run.id, 'to be done', ({ status }) => status === 'completed');
      fails = true;
      const failed = await startDefinition(api, definition);
      await waitForRun(api, failed.id, 'to fail', ({ status }) => status === 'failed');
      const { items } = await api.call(listAuditRoute, { query: { action: 'pipelines.perform-action' } });
      const what = { kind: 'callApi', effect: 'unsafe', target: `POST ${outside.url}/orders`, nodeId: 'post' };
      expect(items).toMatchObject([
        { object: `runs/${failed.id}`, result: 'failed', details: { ...what, projectId: null } },
        { object: `runs/${run.id}`, result: 'done', details: { ...what, projectId: run.projectId } },
      ]);
      expect(items.map(({ actor }) => actor.split('/')[0])).toEqual(['users', 'users']);
    } finally {
      await server.stop();
    }
  });

  it('what is said over a socket is recorded with where it came from, as over HTTP', async () => {
    const server = await startInProcess(await makePlace());
    try {
      const api = await signIn(server.url);
      const [agent] = (await api.call(listAgentsRoute, { query: { limit: 1 } })).items;
      const params = { id: agent?.id ?? '' };
      const { id: chatId } = await api.call(createChatRoute, { params, body: { projectId: null } });
      const { ticket } = await api.call(socketTicketRoute, {});
      const socket = await connectSocket(server.url, { ticket });
      await socket.take('welcome');
      socket.send({ type: 'agents.send', chatId, text: 'Hello' });
      await socket.take('agents.sent');
      const { items } = await api.call(listAuditRoute, { query: { action: 'agents.send-message' } });
      expect(items.map(({ object, address }) => [object, address])).toEqual([[`chats/${chatId}`, '127.0.0.1']]);
      socket.close();
    } finally {
      await server.stop();
    }
  });
});
