// What was set to work acts with the rights of whoever set it to work, as they are when it acts: not with the server's, and
// not with those of the day on which it was begun.
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginRoute } from '@gathering/contract/auth';
import { framePermissions } from '@gathering/contract/frames';
import { keyScopes, type Permission, type Role } from '@gathering/contract/permissions';
import { runDefinitionRoute } from '@gathering/contract/pipelines';
import { addProjectMemberRoute, createProjectRoute } from '@gathering/contract/projects';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allJobs } from '../../src/boot/jobs.ts';
import { allTools, makeToolBox } from '../../src/boot/tools.ts';
import { type Api, type GivenNode, makeDefinition, signIn, waitForEnd, withToken } from '../api.ts';
import { eachDatabase } from '../db.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { hashOnce, insertUser } from '../make-user.ts';

const password = 'a long sentence for everybody';
const later: GivenNode = { id: 'later', type: 'delay', config: { seconds: 1 } };
const count: GivenNode = {
  id: 'act',
  type: 'action',
  config: { kind: 'callTool', tool: 'filesystem_list', arguments: {} },
};
const fetchIt: GivenNode = { id: 'act', type: 'action', config: { kind: 'callApi', url: 'http://127.0.0.1:9/' } };
const tellIt: GivenNode = { id: 'act', type: 'action', config: { kind: 'notify', title: 'Told' } };
const agent: GivenNode = { id: 'act', type: 'agent', config: { agentId: 'assistant', task: 'Say hello.' } };

it('a tool that names no permission keeps the server from starting', () => {
  const tool = {
    name: 'a_tool',
    description: '',
    inputSchema: {},
    effect: 'none',
    run: () => Promise.reject(),
  } as const;
  expect(() => makeToolBox([{ ...tool, permission: 'nobody.asked' as Permission }])).toThrow('no permission');
  expect(() => makeToolBox([{ ...tool, permission: 'public' }])).toThrow('no permission');
});

it('every frame, job and tool names a permission that exists and that not just anybody has', () => {
  const frames = Object.entries(framePermissions).filter(([type]) => type.includes('.'));
  const named = [...frames, ...[...allJobs, ...allTools].map(({ name, permission }) => [name, permission] as const)];
  expect(named.length).toBeGreaterThan(15);
  const known: readonly string[] = keyScopes;
  expect(named.filter(([, permission]) => !known.includes(permission))).toEqual([]);
});

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let owner: Api;
  let folder: string;
  let projectId: string;
  beforeAll(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'gathering-acting-')));
    server = await startInProcess(await makePlace());
    owner = await signIn(server.url);
    projectId = (await owner.call(createProjectRoute, { body: { name: 'Acting', folder } })).id;
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const setRole = (id: string, role: Role) =>
    server.database.query('update auth.users set role = $2 where id = $1', [id, role]);

  /** Starts a run that acts after a moment, changes its starter meanwhile, and answers why it failed (null: it did not). */
  async function failureOf(node: GivenNode, change: (userId: string, runId: string) => Promise<unknown>) {
    const { id: userId, email } = await insertUser(server.database, { passwordHash: await hashOnce(password) });
    await owner.call(addProjectMemberRoute, { params: { id: projectId, userId } });
    const { accessToken } = await withToken(server.url, '').call(loginRoute, { body: { email, password } });
    const definition = makeDefinition(
      'Acting',
      [later, node],
      [
        ['start', 'later'],
        ['later', 'act'],
      ],
    );
    const api = withToken(server.url, accessToken);
    const { id } = await api.call(runDefinitionRoute, { body: { definition, projectId } });
    await change(userId, id);
    return (await waitForEnd(owner, id)).error?.code ?? null;
  }
  const scoped =
    (...scopes: Permission[]) =>
    (_userId: string, runId: string) =>
      server.database.query('update pipeline.runs set scopes = $2 where id = $1', [runId, scopes]);

  it('what may still be done is done', async () => {
    expect(await failureOf(count, async () => undefined)).toBeNull();
    expect(await failureOf(tellIt, scoped('pipelines.run'))).toBeNull();
    expect(await failureOf(count, scoped('pipelines.run', 'projects.read'))).toBeNull();
  });

  it.each([
    [
      'was disabled',
      (id: string) => server.database.query('update auth.users set disabled_at = now() where id = $1', [id]),
    ],
    ['was deleted', (id: string) => server.database.query('delete from auth.users where id = $1', [id])],
  ])('a run whose starter %s fails at its next node', async (_what, change) => {
    expect(await failureOf(tellIt, change)).toBe('pipelines.starter-gone');
  });

  it('a run whose starter has a lesser role now, or left the project, fails at its next node', async () => {
    expect(await failureOf(tellIt, (id) => setRole(id, 'viewer'))).toBe('pipelines.starter-forbidden');
    expect(await failureOf(agent, (id) => setRole(id, 'viewer'))).toBe('pipelines.starter-forbidden');
    const leave = (id: string) => server.database.query('delete from project.members where user_id = $1', [id]);
    expect(await failureOf(count, leave)).toBe('pipelines.starter-no-member');
  });

  it('an API key that was for less than its user may begins work that may do no more', async () => {
    expect(await failureOf(count, scoped('pipelines.run'))).toBe('skills.tool-forbidden');
    expect(await failureOf(fetchIt, scoped('pipelines.run', 'projects.read'))).toBe('pipelines.starter-forbidden');
    expect(await failureOf(tellIt, scoped('agents.chat'))).toBe('pipelines.starter-forbidden');
  });
});
