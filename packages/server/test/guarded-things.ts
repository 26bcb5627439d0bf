// One of each guarded thing, as rows: what the routes make is tested elsewhere, here they only must be there and be owned.
import { createApiKeyRoute, listSessionsRoute, loginRoute } from '@gathering/contract/auth';
import type { GuardedKind } from '@gathering/contract/route';
import { scheduleDefaults } from '@gathering/contract/schedule-timing';
import type { Database } from '../src/platform/db/database.ts';
import { newId } from '../src/platform/ids.ts';
import type { Api } from './api.ts';
import { withToken } from './api.ts';

export interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly api: Api;
}

/** Makes a new thing that belongs to this person, or to a project of theirs; answers its id. */
export type MakeThing = (database: Database, person: Person) => Promise<string>;

async function makeChat(database: Database, { id: userId }: Person): Promise<string> {
  const id = newId();
  await database.query(
    `insert into agent.chats (id, agent_id, user_id, title, titled, created_at, updated_at)
     select $1, id, $2, 'Chat', true, now(), now() from agent.agents order by id limit 1`,
    [id, userId],
  );
  return id;
}

export async function makeProjectOf(database: Database, userIds: readonly string[]): Promise<string> {
  const id = newId();
  await database.query(
    `insert into project.projects (id, name, description, folder, created_at, updated_at)
     values ($1, $2, '', $3, now(), now())`,
    [id, `Project ${id}`, `/nowhere/${id}`],
  );
  await database.query(
    `insert into project.members (project_id, user_id, added_at, added_by)
     select $1, user_id, now(), 'system/test' from unnest($2::uuid[]) as given (user_id)`,
    [id, userIds],
  );
  return id;
}

/** A run that goes on: it waits for a time that does not come. */
export async function makeRunOf(database: Database, actorId: string, projectId: string | null): Promise<string> {
  const id = newId();
  await database.query(
    `insert into pipeline.runs (id, pipeline_name, project_id, actor_id, status, nodes_total, open_nodes, created_at)
     values ($1, 'Run', $2, $3, 'running', 1, 1, now())`,
    [id, projectId, actorId],
  );
  const definition = { name: 'Run', description: '', nodes: [{ id: 'tell', type: 'trigger', config: {} }], edges: [] };
  await database.query(`insert into pipeline.run_bodies (run_id, definition, input) values ($1, $2, '{}')`, [
    id,
    definition,
  ]);
  return id;
}

/** One that is open, of a run without a project. */
async function makeApprovalOf(database: Database, userId: string): Promise<string> {
  const id = newId();
  await database.query(
    `insert into approval.requests (id, subject, place, source, title, body, shown, requested_by, owner_id, quorum, state, created_at, job_name, job_id, job_payload)
     values ($1, $2, 'ask', 'Run', 'Go on?', '', repeat('0', 64), $3, $4, 1, 'open', now(), 'pipelines.run-node', $5, $6)`,
    [id, `runs/${newId()}`, `users/${userId}`, userId, newId(), { runId: newId(), nodeId: 'ask' }],
  );
  return id;
}

/** A schedule whose only instant does not come. */
async function makeScheduleOf(database: Database, actorId: string): Promise<string> {
  const id = newId();
  const timing = { kind: 'once', at: '2099-01-01T00:00:00.000Z' };
  const action = { kind: 'send_notification', title: 'Told' };
  const spec = { ...scheduleDefaults, timing, action };
  await database.query(
    `insert into schedule.schedules (id, name, description, created_by, state, spec, actor_id, accounted_until, watched_until, created_at, updated_at)
     values ($1, 'Schedule', '', $2, 'active', $3, $2, now(), now(), now(), now())`,
    [id, actorId, spec],
  );
  await database.query(
    `insert into schedule.schedule_specs (id, schedule_id, valid_from, state, spec, actor_id) values ($1, $2, now(), 'active', $3, $4)`,
    [newId(), id, spec, actorId],
  );
  return id;
}

/** A background run that goes on: its job never comes. */
export async function makeTaskOf(database: Database, actorId: string, projectId: string | null): Promise<string> {
  const id = newId();
  await database.query(
    `insert into task.tasks (id, title, agent_id, agent_name, project_id, actor_id, status, turn_id, job_id, max_steps, max_seconds, max_tokens, created_at)
     select $1, 'Task', id, 'Agent', $2, $3, 'pending', $4, $5, 10, 60, 1000, now() from agent.agents order by id limit 1`,
    [id, projectId, actorId, newId(), newId()],
  );
  await database.query(`insert into task.bodies (task_id, goal) values ($1, 'Task')`, [id]);
  return id;
}

export const makeThing: Partial<Readonly<Record<GuardedKind, MakeThing>>> = {
  chats: makeChat,
  projects: (database, { id }) => makeProjectOf(database, [id]),
  runs: (database, { id }) => makeRunOf(database, `users/${id}`, null),
  tasks: (database, { id }) => makeTaskOf(database, `users/${id}`, null),
  turns: async (database, person) => {
    const id = newId();
    await database.query(
      `insert into agent.turns (id, agent_id, agent_name, chat_id, actor_id, status, attempt, input_tokens, output_tokens, created_at)
       select $1, agent_id, 'Agent', id, $3, 'completed', 1, 0, 0, now() from agent.chats where id = $2`,
      [id, await makeChat(database, person), `users/${person.id}`],
    );
    return id;
  },
  approvals: (database, { id }) => makeApprovalOf(database, id),
  schedules: (database, { id }) => makeScheduleOf(database, `users/${id}`),
  notifications: async (database, { id: userId }) => {
    const id = newId();
    await database.query(
      `insert into notification.notifications (id, title, body, urgency, created_at, user_id) values ($1, 'Told', '', 'info', now(), $2)`,
      [id, userId],
    );
    return id;
  },
  sessions: async (_database, { email, password, api }) => {
    const { accessToken } = await api.call(loginRoute, { body: { email, password } });
    const { items } = await withToken(api.url, accessToken).call(listSessionsRoute, {});
    return items.find(({ current }) => current)?.id ?? '';
  },
  'api-keys': async (_database, { api }) => {
    const { apiKey } = await api.call(createApiKeyRoute, { body: { name: 'One', scopes: null, expiresAt: null } });
    return apiKey.id;
  },
};
