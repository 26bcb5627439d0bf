// Projects: which folders may be one, that the real path is what is kept, and changes that leave the rest alone.
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { makeTestCtx, type TestCtx } from '../../../test/make-ctx.ts';
import { insertUser } from '../../../test/make-user.ts';
import { readStoredEvents } from '../../../test/readable-events.ts';
import { actAs } from '../../ctx.ts';
import { addMember, listCandidates, listMembers, removeMember } from './members.ts';
import {
  changeProject,
  createProject,
  ensureProject,
  listProjects,
  readProject,
  registerProjectUse,
  removeProject,
} from './service.ts';

eachDatabase((open) => {
  let ctx: TestCtx;
  let folder: string;
  beforeEach(async () => {
    ctx = makeTestCtx(await open());
    folder = await realpath(await mkdtemp(join(tmpdir(), 'gathering-project-')));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const create = (path: string, name = 'Mine') => createProject(ctx, { body: { name, folder: path } });

  describe('a folder', () => {
    it('is registered by its real path, and a git repository is seen as one', async () => {
      const link = join(folder, 'link');
      const real = join(folder, 'real');
      await mkdir(join(real, '.git'), { recursive: true });
      await symlink(real, link);
      expect(await create(link)).toMatchObject({ folder: real, isGitRepository: true, description: '' });
    });

    it.each(['/', '/proc', '/proc/self', '/sys', '/dev', 'relative/path', '/no/such/folder'])(
      '%s is refused with the reason',
      async (path) => {
        await expect(create(path)).rejects.toMatchObject({
          code: 'projects.folder-unusable',
          detail: expect.stringContaining('cannot be a project'),
        });
        expect((await listProjects(ctx, { query: { limit: 10 } })).items).toEqual([]);
      },
    );

    it('that is a file, or the data folder by whatever name, is refused', async () => {
      const file = join(folder, 'file.txt');
      await writeFile(file, 'x');
      await expect(create(file)).rejects.toMatchObject({ code: 'projects.folder-unusable' });
      const link = join(folder, 'data');
      await symlink(ctx.config.dataDir, link);
      await expect(create(link)).rejects.toMatchObject({ detail: expect.stringContaining("server's own data folder") });
    });

    it('that a command names is registered once, under a free name', async () => {
      const inner = join(folder, 'work');
      const other = join(folder, 'other', 'work');
      await Promise.all([mkdir(inner), mkdir(other, { recursive: true })]);
      const first = await ensureProject(ctx, inner);
      expect(first.name).toBe('work');
      expect(await ensureProject(ctx, inner)).toEqual(first);
      expect((await ensureProject(ctx, other)).name).toBe('work 2');
    });
  });

  describe('a project', () => {
    it('keeps what a change leaves out, and has a name of its own', async () => {
      const made = await create(folder);
      await mkdir(join(folder, 'inner'));
      await create(join(folder, 'inner'), 'Other');
      const changed = await changeProject(ctx, { params: { id: made.id }, body: { description: 'About it' } });
      expect(changed).toMatchObject({ name: 'Mine', folder, description: 'About it' });
      expect(await readProject(ctx, made.id)).toEqual(changed);
      const taken = changeProject(ctx, { params: { id: made.id }, body: { name: 'OTHER' } });
      await expect(taken).rejects.toMatchObject({ code: 'projects.name-taken' });
    });

    it('is neither moved nor forgotten while a run works in it; its folder stays', async () => {
      const made = await create(folder);
      let used = true;
      registerProjectUse(async (_handle, id) => used && id === made.id);
      await mkdir(join(folder, 'inner'));
      const move = changeProject(ctx, { params: { id: made.id }, body: { folder: join(folder, 'inner') } });
      await expect(move).rejects.toMatchObject({ code: 'projects.in-use' });
      await expect(removeProject(ctx, { params: { id: made.id } })).rejects.toMatchObject({ code: 'projects.in-use' });
      used = false;
      await removeProject(ctx, { params: { id: made.id } });
      await expect(readProject(ctx, made.id)).rejects.toMatchObject({ code: 'projects.not-found' });
      expect(await realpath(folder)).toBe(folder);
    });

    it('lists by name, page by page, with one query a page', async () => {
      for (const name of ['beta', 'Alpha', 'gamma']) await create(folder, name);
      let queries = 0;
      const database: typeof ctx.database = {
        ...ctx.database,
        query: (text, values) => {
          queries += 1;
          return ctx.database.query(text, values);
        },
      };
      const first = await listProjects({ ...ctx, database }, { query: { limit: 2 } });
      const rest = await listProjects({ ...ctx, database }, { query: { limit: 2, cursor: first.nextCursor ?? '' } });
      expect([...first.items, ...rest.items].map(({ name }) => name)).toEqual(['Alpha', 'beta', 'gamma']);
      expect(queries).toBe(2);
    });
  });

  describe('members', () => {
    const missing = { code: 'projects.not-found' };

    it('see the project, and nobody else does but those who see all', async () => {
      const operator = actAs(ctx, await insertUser(ctx.database, { role: 'operator' }));
      const stranger = actAs(ctx, await insertUser(ctx.database, { role: 'operator' }));
      const made = await createProject(operator, { body: { name: 'Mine', folder } });
      // As the door fills it for the next request.
      const maker = actAs(ctx, { ...operator.actor, projects: new Set([made.id]) });
      expect((await listMembers(maker, { params: made })).items).toMatchObject([{ userId: operator.actor.id }]);
      expect((await listProjects(maker, { query: { limit: 10 } })).items).toMatchObject([{ id: made.id }]);
      expect((await listProjects(ctx, { query: { limit: 10 } })).items).toMatchObject([{ id: made.id }]);
      expect((await listProjects(stranger, { query: { limit: 10 } })).items).toEqual([]);
      const userId = stranger.actor.id;
      for (const refused of [
        () => readProject(stranger, made.id),
        () => changeProject(stranger, { params: made, body: { name: 'Theirs' } }),
        () => removeProject(stranger, { params: made }),
        () => listMembers(stranger, { params: made }),
        () => listCandidates(stranger, { params: made, query: { search: '' } }),
        () => addMember(stranger, { params: { id: made.id, userId } }),
        () => removeMember(stranger, { params: { id: made.id, userId } }),
      ])
        await expect(refused()).rejects.toMatchObject(missing);
    });

    it('come and go, told to the project and to the person, audited once', async () => {
      const person = await insertUser(ctx.database);
      const made = await create(folder);
      const params = { id: made.id, userId: person.id };
      const candidates = async (search: string) =>
        (await listCandidates(ctx, { params: made, query: { search } })).items.map(({ userId }) => userId);
      expect(await candidates(person.email.toUpperCase())).toEqual([person.id]);
      expect(await candidates('%')).toEqual([]);
      const added = await addMember(ctx, { params });
      expect(await addMember(ctx, { params })).toEqual(added);
      expect(await candidates(person.email)).toEqual([]);
      await removeMember(ctx, { params });
      await expect(removeMember(ctx, { params })).rejects.toMatchObject({ code: 'projects.member-not-found' });
      const unknown = addMember(ctx, { params: { id: made.id, userId: ctx.ids.next() } });
      await expect(unknown).rejects.toMatchObject({ code: 'auth.user-not-found' });
      await addMember(ctx, { params });
      await removeProject(ctx, { params: made });
      const events = await readStoredEvents(ctx.database);
      const told = events.filter(({ event }) => event.type === 'projects.membership-changed');
      expect(told.map(({ event }) => event.payload.isMember)).toEqual([true, false, true, false]);
      expect(told.map(({ audience }) => audience.ownerId)).toEqual(Array(4).fill(person.id));
      const { rows } = await ctx.database.query<{ action: string }>(
        "select action from audit.entries where action like '%member' order by id",
      );
      expect(rows.map(({ action }) => action.slice('projects.'.length))).toEqual([
        'add-member',
        'remove-member',
        'add-member',
      ]);
    });
  });
});
