// Decisions of people in runs: who is asked and who may decide, on exactly what was shown, once, by so many as are wanted,
// and what follows when nobody does.
import { castVoteRoute, listApprovalsRoute, readApprovalRoute } from '@gathering/contract/approvals';
import { loginRoute } from '@gathering/contract/auth';
import { listEventsRoute } from '@gathering/contract/events';
import type { Json } from '@gathering/contract/json';
import { listNotificationsRoute } from '@gathering/contract/notifications';
import type { Role } from '@gathering/contract/permissions';
import { cancelRunRoute, runDefinitionRoute } from '@gathering/contract/pipelines';
import { addProjectMemberRoute } from '@gathering/contract/projects';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Api,
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
  waitForRun,
  withToken,
} from '../api.ts';
import { eachDatabase } from '../db.ts';
import { makeProjectOf } from '../guarded-things.ts';
import { type InProcessServer, startInProcess } from '../in-process-server.ts';
import { hashOnce, insertUser } from '../make-user.ts';
import { waitFor } from '../wait-for.ts';

const password = 'a long sentence for everybody';
const after: GivenNode = { id: 'after', type: 'transform', config: { expression: '"went on"' } };
const other: GivenNode = { id: 'other', type: 'transform', config: { expression: '"the other way"' } };

interface Person {
  readonly id: string;
  readonly api: Api;
}

eachDatabase((_open, makePlace) => {
  let server: InProcessServer;
  let owner: Api;
  let passwordHash: string;
  beforeAll(async () => {
    server = await startInProcess(await makePlace());
    owner = await signIn(server.url);
    passwordHash = await hashOnce(password);
  });
  afterAll(() => server?.stop());

  async function enter(role: Role): Promise<Person> {
    const { id, email } = await insertUser(server.database, { role, passwordHash });
    const { accessToken } = await withToken(server.url, '').call(loginRoute, { body: { email, password } });
    return { id, api: withToken(server.url, accessToken) };
  }
  const ask = (config: Record<string, Json> = {}): GivenNode => ({
    id: 'ask',
    type: 'approval',
    config: { title: 'Send {{ input.sum }} EUR?', arguments: { sum: '{{ input.sum }}' }, ...config },
  });
  const define = (config: Record<string, Json> = {}, edges: [string, string, string?][] = [['ask', 'after']]) =>
    makeDefinition('Asking', [ask(config), after, other].slice(0, edges.length + 1), [['start', 'ask'], ...edges]);

  async function start(api: Api, definition = define(), projectId: string | null = null) {
    const body = { definition, input: { sum: 250 }, projectId };
    const { id } = await api.call(runDefinitionRoute, { body });
    await waitForRun(owner, id, 'to ask', (run) => nodeOf(run, 'ask').waitingFor?.kind === 'approval');
    const { items } = await owner.call(listApprovalsRoute, { query: { subject: `runs/${id}` } });
    expect(items).toHaveLength(1);
    return { runId: id, approval: items[0] ?? expect.fail('nothing is asked') };
  }
  const vote = (api: Api, id: string, decision: 'approve' | 'reject', shown: string, comment?: string) =>
    api.call(castVoteRoute, { params: { id }, body: { decision, shown, comment } });
  const mine = async (api: Api) =>
    (await api.call(listApprovalsRoute, { query: { show: 'mine', limit: 200 } })).items.map(({ id }) => id);
  const code = (name: string) => ({ problem: { code: name } });

  // promise: approval-as-shown
  it('is decided once, on exactly what was shown, and the run goes on', async () => {
    const member = await enter('member');
    const { runId, approval } = await start(member.api);
    expect(approval).toMatchObject({
      title: 'Send 250 EUR?',
      arguments: { sum: 250 },
      state: 'open',
      place: 'ask',
      source: 'Asking',
      requestedBy: `users/${member.id}`,
    });
    expect((await readRun(owner, runId)).status).toBe('waiting');
    expect(await mine(member.api)).toContain(approval.id);
    const stranger = await enter('member');
    await expect(stranger.api.call(readApprovalRoute, { params: { id: approval.id } })).rejects.toMatchObject(
      code('approvals.not-found'),
    );
    await expect(vote(member.api, approval.id, 'approve', '0'.repeat(64))).rejects.toMatchObject(
      code('approvals.other-content'),
    );
    const unread = async () =>
      (await member.api.call(listNotificationsRoute, { query: {} })).items.map(({ link }) => link);
    expect(await unread()).toContain(`/approvals?approval=${approval.id}`);
    const results = await Promise.allSettled([
      vote(member.api, approval.id, 'approve', approval.shown, 'Fine.'),
      vote(owner, approval.id, 'reject', approval.shown),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const [first] = results;
    const ended = await waitForEnd(owner, runId);
    expect(ended.status).toBe(first.status === 'fulfilled' ? 'completed' : 'failed');
    if (first.status === 'fulfilled')
      expect(nodeOf(ended, 'ask')).toMatchObject({
        branch: 'approved',
        output: { decision: 'approved', votes: [{ userId: member.id, decision: 'approve', comment: 'Fine.' }] },
      });
    expect(await unread()).not.toContain(`/approvals?approval=${approval.id}`);
    await expect(vote(owner, approval.id, 'approve', approval.shown)).rejects.toMatchObject(code('approvals.closed'));
    const events = await owner.call(listEventsRoute, { query: { subject: `approvals/${approval.id}` } });
    expect(events.items.map(({ event }) => event.type)).toEqual([
      'approvals.decided',
      'approvals.voted',
      'approvals.requested',
    ]);
    expect(await countEnds(owner, runId)).toEqual(onceEach(ended));
  });

  it('a rejection fails the run with its comment, or takes the way for it', async () => {
    const failing = await start(owner);
    await vote(owner, failing.approval.id, 'reject', failing.approval.shown, 'Too much.');
    const failed = await waitForEnd(owner, failing.runId);
    expect(failed.error).toMatchObject({ code: 'pipelines.approval-rejected', message: 'It was rejected: Too much.' });
    const ways = define({}, [
      ['ask', 'after'],
      ['ask', 'other', 'rejected'],
    ]);
    const going = await start(owner, ways);
    await vote(owner, going.approval.id, 'reject', going.approval.shown);
    const run = await waitForEnd(owner, going.runId);
    expect([run.status, statusesOf(run)]).toMatchObject(['completed', { after: 'skipped', other: 'completed' }]);
  });

  it('a quorum waits for so many people, none of whom counts twice', async () => {
    const [ada, bob, eve] = [await enter('operator'), await enter('operator'), await enter('operator')];
    const { runId, approval } = await start(ada.api, define({ quorum: 2, excludeStarter: true }));
    await expect(vote(ada.api, approval.id, 'approve', approval.shown)).rejects.toMatchObject(
      code('approvals.not-yours'),
    );
    expect(await mine(ada.api)).not.toContain(approval.id);
    const votes = await Promise.allSettled([1, 2].map(() => vote(bob.api, approval.id, 'approve', approval.shown)));
    expect(votes.filter(({ status }) => status === 'rejected')).toMatchObject([{ reason: code('approvals.voted') }]);
    expect(await mine(bob.api)).not.toContain(approval.id);
    expect((await readRun(owner, runId)).status).toBe('waiting');
    expect(await mine(eve.api)).toContain(approval.id);
    const decided = await vote(eve.api, approval.id, 'approve', approval.shown);
    expect([decided.state, decided.votes.map(({ userId }) => userId)]).toEqual(['approved', [bob.id, eve.id]]);
    expect((await waitForEnd(owner, runId)).status).toBe('completed');
  });

  it('roles and people that are named decide, in a project only those who see it', async () => {
    const [member, named, outsider] = [await enter('member'), await enter('member'), await enter('member')];
    const viewer = await enter('viewer');
    const projectId = await makeProjectOf(server.database, [member.id, viewer.id]);
    const body = {
      definition: define({ approvers: { userIds: [named.id, viewer.id] } }),
      input: { sum: 1 },
      projectId,
    };
    const { id } = await member.api.call(runDefinitionRoute, { body });
    const nobody = await waitForEnd(owner, id);
    expect(nobody.error).toMatchObject({ code: 'pipelines.too-few-deciders', nodeId: 'ask' });
    await owner.call(addProjectMemberRoute, { params: { id: projectId, userId: named.id } });
    const known = withToken(server.url, named.api.token);
    const { runId, approval } = await start(member.api, body.definition, projectId);
    for (const one of [member.api, viewer.api]) {
      const seen = await one.call(readApprovalRoute, { params: { id: approval.id } });
      expect(seen.mayDecide).toBe(false);
    }
    await expect(vote(member.api, approval.id, 'approve', approval.shown)).rejects.toMatchObject(
      code('approvals.not-yours'),
    );
    await expect(vote(viewer.api, approval.id, 'approve', approval.shown)).rejects.toMatchObject(
      code('auth.forbidden'),
    );
    await expect(vote(outsider.api, approval.id, 'approve', approval.shown)).rejects.toMatchObject(
      code('approvals.not-found'),
    );
    await vote(known, approval.id, 'approve', approval.shown);
    expect((await waitForEnd(owner, runId)).status).toBe('completed');
    const byRole = await start(member.api, define({ approvers: { role: 'admin' } }), projectId);
    await expect(vote(known, byRole.approval.id, 'approve', byRole.approval.shown)).rejects.toMatchObject(
      code('approvals.not-yours'),
    );
    await vote(owner, byRole.approval.id, 'approve', byRole.approval.shown);
    expect((await waitForEnd(owner, byRole.runId)).status).toBe('completed');
  });

  it('expires at its time, and what then follows is as the node says', async () => {
    const expire = async (config: Record<string, Json>, edges?: [string, string, string?][]) => {
      const definition = define({ expiresAfterSeconds: 0.05, ...config }, edges);
      return waitForEnd(owner, (await startDefinition(owner, definition, { sum: 1 })).id);
    };
    expect((await expire({})).error).toMatchObject({ code: 'pipelines.approval-expired' });
    const failed = await expire({ onExpiry: 'fail' });
    expect(statusesOf(failed).ask).toBe('timed_out');
    const approved = await expire({ onExpiry: 'approve' });
    expect(nodeOf(approved, 'ask')).toMatchObject({ status: 'completed', branch: 'approved' });
    const ways = await expire({ onExpiry: 'approve' }, [
      ['ask', 'after', 'approved'],
      ['ask', 'other', 'expired'],
    ]);
    expect([ways.status, statusesOf(ways)]).toMatchObject(['completed', { after: 'skipped', other: 'completed' }]);
    expect(await countEnds(owner, ways.id)).toEqual(onceEach(ways));
  });

  it('is withdrawn when its run is cancelled', async () => {
    const { runId, approval } = await start(owner, define({ expiresAfterSeconds: 3_600 }));
    await owner.call(cancelRunRoute, { params: { id: runId } });
    expect((await owner.call(readApprovalRoute, { params: { id: approval.id } })).state).toBe('withdrawn');
    await expect(vote(owner, approval.id, 'approve', approval.shown)).rejects.toMatchObject(code('approvals.closed'));
    const { rows } = await server.database.query<{ state: string }>(
      `select j.state::text from pgboss.job j join approval.requests r on r.expiry_job_id = j.id where r.id = $1`,
      [approval.id],
    );
    expect(rows.filter(({ state }) => state === 'created')).toEqual([]);
    await waitFor('nothing to be asked', async () => !(await mine(owner)).includes(approval.id));
  });

  it('lists say the same of who sees and decides as the rule for one', async () => {
    const people = [await enter('viewer'), await enter('member'), await enter('operator'), await enter('admin')];
    const [, member, operator] = people;
    const projectId = await makeProjectOf(server.database, [member?.id ?? '']);
    const starters = [member?.api ?? owner, operator?.api ?? owner];
    const configs: Record<string, Json>[] = [
      {},
      { excludeStarter: true },
      { approvers: { role: 'operator' } },
      { approvers: { userIds: [member?.id ?? '', operator?.id ?? ''] } },
      { approvers: { role: 'owner', userIds: [member?.id ?? ''] } },
    ];
    const begun = configs.flatMap((config) => [
      ...starters.map((starter) => start(starter, define(config))),
      start(starters[0] ?? owner, define(config), projectId),
    ]);
    const ids = (await Promise.all(begun)).map(({ approval }) => approval.id);
    for (const { api } of [...people, { api: owner }]) {
      const listed = (await api.call(listApprovalsRoute, { query: { limit: 200 } })).items;
      const ones = await Promise.all(
        ids.map((id) => api.call(readApprovalRoute, { params: { id } }).catch(() => undefined)),
      );
      const seen = ones.filter((one) => one !== undefined);
      const idsOf = (some: { id: string }[]) => ids.filter((id) => some.some((one) => one.id === id));
      expect(idsOf(listed)).toEqual(idsOf(seen));
      const open = await mine(api);
      expect(ids.filter((id) => open.includes(id))).toEqual(idsOf(seen.filter(({ mayDecide }) => mayDecide)));
    }
  });
});
