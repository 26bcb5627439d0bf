// A database from before things had owners: what was there becomes the first owner's, every user sees every project, and
// no event of what is personal now stays readable for everybody.
import { cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { migrationsFolder } from '../src/boot/open-ground.ts';
import { migrate } from '../src/platform/db/migrate.ts';
import { newId } from '../src/platform/ids.ts';
import { createLog } from '../src/platform/log.ts';
import { eachDatabase } from './db.ts';

const own = '0012_members_and_owners.sql';

eachDatabase((open) => {
  test('what was there before is given its owners', async () => {
    const database = await open({ empty: true });
    const folder = await mkdtemp(join(tmpdir(), 'gathering-migrations-'));
    const before = join(folder, 'before');
    await mkdir(before);
    for (const name of await readdir(migrationsFolder))
      if (name < own) await cp(join(migrationsFolder, name), join(before, name));
    const log = createLog('silent');
    await migrate(database, before, log);
    const ids = () => newId();
    const [owner, other, project, persona, agent, chat, free, bound] = [
      ids(),
      ids(),
      ids(),
      ids(),
      ids(),
      ids(),
      ids(),
      ids(),
    ];
    const run = (text: string, values: readonly unknown[]) => database.query(text, values);
    const at = '2026-01-01T00:00:00Z';
    for (const [id, role, created] of [
      [other, 'member', at],
      [owner, 'owner', '2026-01-02T00:00:00Z'],
    ])
      await run(
        `insert into auth.users (id, email, email_key, name, name_key, role, password_hash, created_at)
         values ($1::uuid, $1::text || '@example.org', $1::text || '@example.org', 'U', 'u', $2, 'none', $3)`,
        [id, role, created],
      );
    await run(`insert into project.projects values ($1, 'P', '', '/p', $2, $2)`, [project, at]);
    await run(`insert into agent.personas values ($1, 'P', 'R', '', '{}', 'concise', '{}', '{}', '', false, $2, $2)`, [
      persona,
      at,
    ]);
    await run(
      `insert into agent.agents (id, handle, name, persona_id, skills, limits, instructions, created_at, updated_at)
       values ($1, 'a', 'A', $2, '{}', '{}', '', $3, $3)`,
      [agent, persona, at],
    );
    await run(
      `insert into agent.chats (id, agent_id, title, titled, created_at, updated_at) values ($1, $2, 'C', true, $3, $3)`,
      [chat, agent, at],
    );
    for (const [id, projectId] of [
      [free, null],
      [bound, project],
    ])
      await run(
        `insert into pipeline.runs (id, pipeline_name, project_id, actor_id, status, nodes_total, open_nodes, created_at)
         values ($1, 'R', $2, $3, 'completed', 1, 0, $4)`,
        [id, projectId, `users/${other}`, at],
      );
    const turns = [newId(), newId(), newId()];
    for (const [index, [chatId, runId]] of [
      [chat, null],
      [null, free],
      [null, newId()],
    ].entries())
      await run(
        `insert into agent.turns (id, agent_id, agent_name, chat_id, run_id, status, attempt, input_tokens, output_tokens, created_at)
         values ($1, $2, 'A', $3, $4, 'completed', 1, 0, 0, $5)`,
        [turns[index], agent, chatId, runId, at],
      );
    await run(
      `insert into notification.notifications (id, title, body, urgency, read_at, created_at) values ($1, 'N', '', 'info', $2, $2)`,
      [newId(), at],
    );
    for (const [type, subject, related] of [
      ['agents.message-added', `chats/${chat}`, []],
      ['pipelines.run-ended', `runs/${free}`, []],
      ['agents.turn-ended', `turns/${turns[1]}`, [`runs/${bound}`]],
      ['projects.created', `projects/${project}`, []],
      ['notifications.created', `notifications/${newId()}`, []],
      ['pipelines.created', `pipelines/${newId()}`, []],
    ])
      await run(`insert into event.events (type, subject, related, payload, at) values ($1, $2, $3, '{}', $4)`, [
        type,
        subject,
        related,
        at,
      ]);

    await migrate(database, migrationsFolder, log);
    await rm(folder, { recursive: true, force: true });
    const rows = async (text: string) => (await database.query<Record<string, unknown>>(text)).rows;
    expect(await rows('select user_id from agent.chats')).toEqual([{ user_id: owner }]);
    expect(await rows('select actor_id from agent.turns order by id')).toEqual([
      { actor_id: `users/${owner}` },
      { actor_id: `users/${other}` },
      { actor_id: 'system/unknown' },
    ]);
    expect((await rows('select user_id from project.members')).map((row) => row.user_id).sort()).toEqual(
      [owner, other].sort(),
    );
    expect(await rows('select owner_id from pipeline.runs order by id')).toEqual([
      { owner_id: other },
      { owner_id: other },
    ]);
    expect(await rows('select user_id from notification.reads')).toEqual([{ user_id: owner }]);
    expect(await rows('select owner_id, project_id, for_operators from event.events order by xid, id')).toEqual([
      { owner_id: owner, project_id: null, for_operators: false },
      { owner_id: other, project_id: null, for_operators: true },
      { owner_id: null, project_id: project, for_operators: false },
      { owner_id: null, project_id: project, for_operators: false },
      { owner_id: null, project_id: null, for_operators: true },
      { owner_id: null, project_id: null, for_operators: false },
    ]);
  });
});
