// Personas and agents as people keep them: ready ones at first start, changes that leave the rest alone, pages.
import { defaultTurnLimits } from '@gathering/contract/agents';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeCountingTool } from '../../../test/agent-world.ts';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx, type TestCtx } from '../../../test/make-ctx.ts';
import { insertOwnerOfTests, insertUser } from '../../../test/make-user.ts';
import { actAs } from '../../ctx.ts';
import {
  changeAgent,
  createAgent,
  findAgent,
  listAgentRefs,
  listAgents,
  readAgent,
  registerAgentUse,
  removeAgent,
} from './agent-service.ts';
import { createChat, listChats, readChat, removeChat } from './chat-service.ts';
import { ensureReadyAgents } from './ensure-ready-agents.ts';
import { changePersona, createPersona, listPersonas, readPersona, removePersona } from './persona-service.ts';

const newPersona = {
  name: 'Reviewer',
  role: 'Reads changes',
  background: '',
  traits: ['calm'],
  communicationStyle: 'formal' as const,
  specializations: [],
  languages: ['English'],
  instructions: 'Be fair.',
};
const newAgent = {
  name: 'Code Réviewer!',
  model: null,
  temperature: null,
  maxOutputTokens: null,
  skills: [],
  limits: {},
  instructions: '',
};
const page = { query: { limit: 50 } };

eachDatabase((open) => {
  let ctx: TestCtx;
  beforeEach(async () => {
    const tools = [makeCountingTool('none', 'files_read'), makeCountingTool('none', 'git_log')];
    ctx = { ...makeTestCtx(await open()), tools: { all: tools, find: () => undefined } };
  });

  async function auditOf(object: string): Promise<string[]> {
    const { rows } = await ctx.database.query<{ action: string }>(
      'select action from audit.entries where object = $1 order by id',
      [object],
    );
    return rows.map((row) => row.action);
  }

  describe('the first start', () => {
    it('makes six ready agents, each from its persona, once, also when two start at the same moment', async () => {
      const made = await Promise.all([ensureReadyAgents(ctx), ensureReadyAgents(ctx)]);
      const handles = ['assistant', 'cartographer', 'editor', 'historian', 'inspector', 'investigator'];
      expect(made.flat().sort()).toEqual(handles);
      const { items } = await listAgents(ctx, page);
      expect(items.map(({ handle }) => handle)).toEqual(handles);
      expect(items.every(({ limits }) => limits.maxSteps === defaultTurnLimits.maxSteps)).toBe(true);
    });

    it('does not bring back an agent that somebody removed', async () => {
      await ensureReadyAgents(ctx);
      const historian = await findAgent(ctx.database, 'historian');
      await removeAgent(ctx, { params: { id: historian?.id ?? '' } });
      expect(await ensureReadyAgents(ctx)).toEqual([]);
      expect(await findAgent(ctx.database, 'historian')).toBeUndefined();
    });

    it('leaves its personas as they are, whoever asks', async () => {
      await ensureReadyAgents(ctx);
      const { items } = await listPersonas(ctx, page);
      const [first] = items;
      expect(items.every(({ builtIn }) => builtIn)).toBe(true);
      const params = { id: first?.id ?? '' };
      await expect(changePersona(ctx, { params, body: { name: 'X' } })).rejects.toMatchObject({
        code: 'agents.persona-built-in',
      });
      await expect(removePersona(ctx, { params })).rejects.toMatchObject({ code: 'agents.persona-built-in' });
    });
  });

  describe('a persona', () => {
    it('keeps what a change leaves out, and leaves a trace of every change', async () => {
      const made = await createPersona(ctx, { body: newPersona });
      const changed = await changePersona(ctx, { params: { id: made.id }, body: { role: 'Reads everything' } });
      expect(changed).toMatchObject({ ...newPersona, role: 'Reads everything' });
      expect(await readPersona(ctx, { params: { id: made.id } })).toEqual(changed);
      await removePersona(ctx, { params: { id: made.id } });
      expect(await auditOf(`personas/${made.id}`)).toEqual([
        'agents.create-persona',
        'agents.change-persona',
        'agents.remove-persona',
      ]);
    });

    it('has a name of its own, whatever its capitals, and is not removed under an agent', async () => {
      const made = await createPersona(ctx, { body: newPersona });
      const same = createPersona(ctx, { body: { ...newPersona, name: 'REVIEWER' } });
      await expect(same).rejects.toMatchObject({ code: 'agents.persona-name-taken' });
      await createAgent(ctx, { body: { ...newAgent, personaId: made.id } });
      await expect(removePersona(ctx, { params: { id: made.id } })).rejects.toMatchObject({
        code: 'agents.persona-in-use',
      });
    });
  });

  describe('an agent', () => {
    const make = async (more: Partial<Parameters<typeof createAgent>[1]['body']> = {}) => {
      const { items } = await listPersonas(ctx, page);
      const persona =
        items.find(({ name }) => name === newPersona.name) ?? (await createPersona(ctx, { body: newPersona }));
      return createAgent(ctx, { body: { ...newAgent, personaId: persona.id, ...more } });
    };

    it('gets a handle from its name, a free one when that is taken', async () => {
      expect((await make()).handle).toBe('code-reviewer');
      expect((await make()).handle).toBe('code-reviewer-2');
      expect((await make({ name: '!!!' })).handle).toBe('agent');
      await expect(make({ handle: 'code-reviewer' })).rejects.toMatchObject({ code: 'agents.handle-taken' });
    });

    it('keeps what a change leaves out, inside its limits too', async () => {
      const made = await make({ limits: { maxSteps: 5 }, skills: ['git', 'files', 'git'], temperature: 0.3 });
      expect(made).toMatchObject({ limits: { ...defaultTurnLimits, maxSteps: 5 }, skills: ['git', 'files'] });
      const changed = await changeAgent(ctx, { params: { id: made.id }, body: { limits: { maxSeconds: 9 } } });
      expect(changed).toMatchObject({
        ...made,
        limits: { ...made.limits, maxSeconds: 9 },
        updatedAt: changed.updatedAt,
      });
      const reset = await changeAgent(ctx, { params: { id: made.id }, body: { temperature: null } });
      expect(reset.temperature).toBeNull();
      expect(await readAgent(ctx, made.id)).toEqual(reset);
      expect(await auditOf(`agents/${made.id}`)).toEqual(['agents.create', 'agents.change', 'agents.change']);
    });

    it('is found by its id and by its handle, and both are known to definitions', async () => {
      const made = await make();
      expect(await findAgent(ctx.database, made.id)).toEqual(made);
      expect(await findAgent(ctx.database, made.handle)).toEqual(made);
      expect(await findAgent(ctx.database, 'nobody')).toBeUndefined();
      expect(await listAgentRefs(ctx)).toEqual(new Set([made.id, made.handle]));
    });

    it('is refused with a persona, skill or provider that does not exist, and nothing is written', async () => {
      await expect(make({ personaId: ctx.ids.next() })).rejects.toMatchObject({ code: 'agents.persona-not-found' });
      await expect(make({ skills: ['cooking'] })).rejects.toMatchObject({
        code: 'agents.skill-unknown',
        detail: expect.stringContaining('files, git'),
      });
      await expect(make({ model: { provider: 'nowhere', model: 'x' } })).rejects.toMatchObject({
        code: 'providers.not-found',
      });
      expect((await listAgents(ctx, page)).items).toEqual([]);
    });

    it('is not removed while something refers to it', async () => {
      const made = await make();
      let uses = ['the pipeline Review'];
      registerAgentUse(async (_handle, refs) => (refs.includes(made.handle) && refs.includes(made.id) ? uses : []));
      const remove = () => removeAgent(ctx, { params: { id: made.id } });
      await expect(remove()).rejects.toMatchObject({ code: 'agents.in-use', detail: 'Used by the pipeline Review.' });
      uses = [];
      await remove();
      await expect(readAgent(ctx, made.id)).rejects.toMatchObject({ code: 'agents.not-found' });
    });

    it('lists page by page, each once, with a number of queries that does not grow', async () => {
      for (let at = 0; at < 7; at += 1) await make({ name: `Agent ${at % 3}` });
      let queries = 0;
      const database: typeof ctx.database = {
        ...ctx.database,
        query: (text, values) => {
          queries += 1;
          return ctx.database.query(text, values);
        },
      };
      const counted = { ...ctx, database };
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const { items, nextCursor } = await listAgents(counted, { query: { limit: 3, cursor } });
        seen.push(...items.map(({ id }) => id));
        cursor = nextCursor ?? undefined;
      } while (cursor !== undefined);
      expect(new Set(seen).size).toBe(7);
      expect(seen).toHaveLength(7);
      expect(queries).toBe(3);
    });

    it.each(['nonsense', 'bnVsbA', 'WyJhIiwiYiJd'])(
      'refuses the cursor %s with a fault that says where',
      async (cursor) => {
        const list = listAgents(ctx, { query: { limit: 3, cursor } });
        await expect(list).rejects.toMatchObject({ code: 'request.invalid', faults: [{ in: 'query', at: '/cursor' }] });
      },
    );

    it('has chats of each person, the latest first, page by page', async () => {
      await insertOwnerOfTests(ctx.database);
      const other = actAs(ctx, await insertUser(ctx.database, { role: 'owner' }));
      const made = await make();
      const foreign = await createChat(other, { params: { id: made.id }, body: { projectId: null } });
      const ids: string[] = [];
      for (let at = 0; at < 5; at += 1) {
        ids.unshift((await createChat(ctx, { params: { id: made.id }, body: { projectId: null } })).id);
        if (at % 2 === 0) ctx.clock.advance(1000);
      }
      const first = await listChats(ctx, { params: { id: made.id }, query: { limit: 3 } });
      const rest = await listChats(ctx, {
        params: { id: made.id },
        query: { limit: 3, cursor: first.nextCursor ?? '' },
      });
      expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(ids);
      expect(rest.nextCursor).toBeNull();
      const theirs = await listChats(other, { params: { id: made.id }, query: { limit: 3 } });
      expect(theirs.items.map(({ id }) => id)).toEqual([foreign.id]);
      for (const act of [readChat, removeChat])
        await expect(act(ctx, { params: foreign })).rejects.toMatchObject({ code: 'agents.chat-not-found' });
    });

    it('begins no chat in a project that does not exist', async () => {
      const made = await make();
      const chat = createChat(ctx, { params: { id: made.id }, body: { projectId: ctx.ids.next() } });
      await expect(chat).rejects.toMatchObject({ code: 'projects.not-found' });
    });
  });
});
