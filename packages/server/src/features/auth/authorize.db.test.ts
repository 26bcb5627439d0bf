// The one rule on objects, once as it judges one thing and once as it filters lists: they must never differ.
import { roles } from '@gathering/contract/permissions';
import { expect, it } from 'vitest';
import { eachDatabase } from '../../../test/db.ts';
import { owner } from '../../../test/make-ctx.ts';
import { insertUser } from '../../../test/make-user.ts';
import { type Actor, sightOf } from '../../ctx.ts';
import { newId } from '../../platform/ids.ts';
import { actorMay } from './authorize.ts';
import { findActor, reloadActor } from './find-actor.ts';

const [me, other, mine, theirs] = [newId(), newId(), newId(), newId()];
/** Every way in which a thing can be owned. */
const guards = [null, me, other].flatMap((ownerId) =>
  [null, mine, theirs].flatMap((projectId) => [false, true].map((operators) => ({ ownerId, projectId, operators }))),
);

eachDatabase((open) => {
  it('lists leave out exactly what the rule refuses, for every role and kind of owner', async () => {
    const database = await open();
    const actors: Actor[] = roles.flatMap((role) => [
      { ...owner, id: me, role, projects: new Set([mine]) },
      { ...owner, id: me, role, projects: 'all' },
      { ...owner, kind: 'system', id: 'clock', role },
    ]);
    const differing: unknown[] = [];
    const shown = { yes: 0, no: 0 };
    for (const actor of actors) {
      const sight = sightOf(actor);
      for (const guard of guards) {
        const may = actorMay(actor, 'events.read', guard);
        const { ownerId, projectId, operators } = guard;
        const { rows } = await database.query<{ seen: boolean }>(
          'select auth.may_see($1, $2, $3, $4, $5, $6) as seen',
          [ownerId, projectId, operators, sight.userId, sight.projects, sight.isOperator],
        );
        if (rows[0]?.seen !== may) differing.push({ role: actor.role, ...guard, may });
        shown[may ? 'yes' : 'no'] += 1;
      }
    }
    expect(differing).toEqual([]);
    expect(shown.yes).toBeGreaterThan(50);
    expect(shown.no).toBeGreaterThan(50);
  });

  it('somebody is who they are now: their role, projects and scopes; gone or disabled they are nobody', async () => {
    const database = await open();
    const person = await insertUser(database);
    const projectId = newId();
    await database.query(
      `insert into project.projects (id, name, description, folder, created_at, updated_at) values ($1, 'P', '', '/p', now(), now())`,
      [projectId],
    );
    const name = `users/${person.id}`;
    const read = () => findActor(database, name, ['pipelines.run']);
    expect(await read()).toMatchObject({
      id: person.id,
      role: 'member',
      scopes: ['pipelines.run'],
      projects: new Set(),
    });
    await database.query(`insert into project.members values ($1, $2, now(), 'system/test')`, [projectId, person.id]);
    expect((await read())?.projects).toEqual(new Set([projectId]));
    expect((await reloadActor({ database }, person))?.projects).toEqual(new Set([projectId]));
    await database.query(`update auth.users set role = 'admin' where id = $1`, [person.id]);
    expect(await read()).toMatchObject({ role: 'admin', projects: 'all' });
    await database.query('update auth.users set disabled_at = now() where id = $1', [person.id]);
    expect([await read(), await reloadActor({ database }, person)]).toEqual([null, null]);
    expect(await findActor(database, `users/${newId()}`, null)).toBeNull();
    expect(await findActor(database, 'users/nonsense', null)).toBeNull();
    expect(await findActor(database, 'system/clock', null)).toMatchObject({ kind: 'system', id: 'clock' });
  });
});
