import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, makeProject, makeRepository, makeToolContext, writeFiles } from '../../../../test/make-repository.ts';
import { callTool } from '../call-tool.ts';
import { runGit } from '../run-git.ts';
import { gitBlame } from './blame-lines.ts';
import { gitSkill } from './git-skill.ts';
import { gitLog } from './log-commits.ts';
import { gitShow } from './show-commit.ts';
import { gitDiff } from './show-diff.ts';
import { gitStatus } from './show-status.ts';

function makeHistory(): string {
  return makeRepository([
    {
      files: { 'hot.ts': '1\n', 'old-name.ts': 'a\nb\nc\n', 'cold.ts': 'x\n' },
      message: 'first',
      at: '2026-01-01T00:00:00Z',
    },
    { files: { 'hot.ts': '1\n2\n' }, message: 'second', at: '2026-02-01T00:00:00Z', author: 'Grace Hopper' },
    {
      files: { 'hot.ts': '1\n2\n3\n', 'new name.ts': 'a\nb\nc\nd\n' },
      removed: ['old-name.ts'],
      message: 'rename',
      at: '2026-03-01T00:00:00Z',
    },
    {
      files: { 'hot.ts': '1\n2\n3\n4\n' },
      removed: ['cold.ts'],
      message: 'last\n\nwith a body',
      at: '2026-04-01T00:00:00Z',
    },
  ]);
}

describe('git_log', () => {
  it('lists commits, newest first', async () => {
    const result = await callTool(gitLog, { limit: 2 }, makeToolContext(makeHistory()));
    const [head, ...lines] = result.text.split('\n');
    expect(head).toBe('2 commits, from 2026-03-01 to 2026-04-01.');
    expect(lines.map((line) => line.replace(/[0-9a-f]{10}/, 'ID'))).toEqual([
      'commit ID 2026-04-01 Ada Lovelace: last (2 files, +1 -1)',
      'commit ID 2026-03-01 Ada Lovelace: rename (2 files, +2 -0)',
    ]);
  });

  it('names the hot spots under their name of today, with authors, and marks what is gone', async () => {
    const result = await callTool(gitLog, { summarise: 'files' }, makeToolContext(makeHistory()));
    expect(result.text.split('\n').slice(1)).toEqual([
      'hot.ts:1: changed in 4 commits by 2 authors, +4 -0 lines, last on 2026-04-01',
      'new name.ts:1: changed in 2 commits only by Ada Lovelace, +4 -0 lines, last on 2026-03-01',
      'cold.ts:1: changed in 2 commits only by Ada Lovelace, +1 -1 lines, last on 2026-04-01, does not exist any more',
    ]);
    expect(result).toMatchObject({
      sources: [
        { path: 'hot.ts', line: 1 },
        { path: 'new name.ts', line: 1 },
      ],
    });
  });

  it('counts by author, and narrows by author, path and time', async () => {
    const context = makeToolContext(makeHistory());
    const authors = await callTool(gitLog, { summarise: 'authors' }, context);
    expect(authors.text).toContain('Ada Lovelace: 3 commits (75 %)');
    const grace = await callTool(gitLog, { author: 'grace' }, context);
    expect(grace.text).toContain('1 commit by `grace`, from');
    expect((await callTool(gitLog, { path: 'cold.ts' }, context)).text).toContain('2 commits touching `cold.ts`');
    expect((await callTool(gitLog, { since: '60 days ago' }, context)).text).toContain('No commits');
    expect((await callTool(gitLog, { since: '2026-03-15' }, context)).text).toContain('1 commit since 2026-03-15');
    expect(await callTool(gitLog, { since: '--exec=x' }, context)).toMatchObject({
      ok: false,
      code: 'skills.invalid-arguments',
    });
  });
});

describe('git_diff and git_show', () => {
  it('quote new lines with their new number and old lines with their old one', async () => {
    const root = makeHistory();
    writeFiles(root, { 'hot.ts': '1\n3\n4\n5\n' });
    const result = await callTool(gitDiff, { context: 0 }, makeToolContext(root));
    expect(result.text.split('\n').slice(1)).toEqual([
      'hot.ts:2: changed, +1 -1 lines',
      'hot.ts:2: - 2',
      'hot.ts:4: + 5',
    ]);
  });

  it('show a commit with its message, and a file as it was', async () => {
    const context = makeToolContext(makeHistory());
    const shown = await callTool(gitShow, {}, context);
    expect(shown.text).toContain('  with a body');
    expect(shown.text).toContain('hot.ts:4: + 4');
    expect(shown.text).toContain('cold.ts:1: deleted, +0 -1 lines');
    const before = await callTool(gitShow, { revision: 'HEAD~2', path: 'old-name.ts', content: true }, context);
    expect(before.text).toContain('old-name.ts:2: b');
    expect(await callTool(gitShow, { path: 'nothing', content: true }, context)).toMatchObject({
      code: 'skills.path-not-found',
    });
  });
});

describe('git_blame and git_status', () => {
  it('tell who changed a line and what is not committed', async () => {
    const root = makeHistory();
    writeFiles(root, { 'fresh file.ts': 'f' });
    const blame = await callTool(gitBlame, { path: 'hot.ts', fromLine: 2, limit: 1 }, makeToolContext(root));
    expect(blame.text).toMatch(/\nhot\.ts:2: 2 \(Grace Hopper, 2026-02-01, [0-9a-f]{10}\)$/);
    const status = await callTool(gitStatus, {}, makeToolContext(root));
    expect(status.text).toBe('On branch main; 1 file not committed.\nfresh file.ts:1: untracked');
    expect(await callTool(gitBlame, { path: 'hot.ts', fromLine: 99 }, makeToolContext(root))).toMatchObject({
      code: 'skills.invalid-arguments',
    });
  });
});

describe('a repository that is not as hoped', () => {
  it.each(gitSkill.tools.map((tool) => [tool.name, tool] as const))(
    '%s answers clearly without git',
    async (_name, tool) => {
      const root = makeProject({ 'a.txt': 'a' });
      const args = tool.name === 'git_blame' ? { path: 'a.txt' } : {};
      expect(await callTool(tool, args, makeToolContext(root))).toMatchObject({
        ok: false,
        code: 'skills.git-no-repository',
      });
    },
  );

  it('is not looked for above the root of the project', async () => {
    const outer = makeRepository([{ files: { 'inner/a.txt': 'a' } }]);
    const result = await callTool(gitLog, {}, makeToolContext(join(outer, 'inner')));
    expect(result).toMatchObject({ ok: false, code: 'skills.git-no-repository' });
  });

  it('may have no commits, no files, or no git program on the machine', async () => {
    const empty = makeRepository();
    const context = makeToolContext(empty);
    expect(await callTool(gitLog, {}, context)).toMatchObject({ ok: false, code: 'skills.git-no-commits' });
    expect(await callTool(gitDiff, {}, context)).toMatchObject({ ok: false, code: 'skills.git-no-commits' });
    expect((await callTool(gitStatus, {}, context)).text).toContain('no commits yet');
    await expect(runGit(context, ['status'], { programFolders: '/nowhere' })).rejects.toMatchObject({
      code: 'skills.git-missing',
    });
    expect(await callTool(gitShow, { revision: 'no-such' }, makeToolContext(makeHistory()))).toMatchObject({
      ok: false,
      code: 'skills.invalid-arguments',
    });
  });
});

describe('a hostile repository', () => {
  it.each(['--output=x', '-x', '--upload-pack=touch', 'a..b', 'HEAD:../x', 'HEAD;x'])(
    'cannot pass %j as a revision',
    async (revision) => {
      const result = await callTool(gitShow, { revision }, makeToolContext(makeHistory()));
      expect(result).toMatchObject({ ok: false, code: 'skills.invalid-arguments' });
    },
  );

  it('cannot pass options or magic as a path, nor leave the folder', async () => {
    const context = makeToolContext(makeHistory());
    expect((await callTool(gitLog, { path: '--output=stolen' }, context)).text).toContain('No commits');
    expect((await callTool(gitLog, { path: ':(top)hot.ts' }, context)).text).toContain('No commits');
    expect(await callTool(gitLog, { path: '../..' }, context)).toMatchObject({ code: 'skills.path-refused' });
    expect((await callTool(gitLog, { author: '--output=stolen' }, context)).text).toContain('No commits');
    expect(existsSync(join(context.projectRoot ?? '', 'stolen'))).toBe(false);
  });

  it('starts no program by its configuration: filters, drivers, monitors, hooks, pagers, signatures', async () => {
    const root = makeHistory();
    const marker = join(root, 'ran');
    const program = join(root, 'program.sh');
    writeFileSync(program, `#!/bin/sh\ntouch '${marker}'\ncat\n`);
    chmodSync(program, 0o755);
    writeFiles(root, {
      '.gitattributes': '*.ts filter=evil diff=evil\n*.txt filter=e=vil\n',
      'hot.ts': 'changed\n',
      'a.txt': 'a',
    });
    for (const key of [
      'filter.evil.clean',
      'filter.e=vil.clean',
      'filter.evil.process',
      'diff.evil.command',
      'diff.evil.textconv',
      'core.fsmonitor',
      'core.pager',
      'diff.external',
      'gpg.program',
      'core.sshCommand',
    ]) {
      git(root, ['config', key, program]);
    }
    git(root, ['config', 'log.showSignature', 'true']);
    git(root, ['config', 'core.hooksPath', root]);
    const context = makeToolContext(root);
    for (const tool of gitSkill.tools) {
      const args = tool.name === 'git_blame' ? { path: 'hot.ts' } : {};
      expect((await callTool(tool, args, context)).ok).toBe(true);
    }
    expect(existsSync(marker)).toBe(false);
  });

  it('cannot move the work tree out of the project', async () => {
    const outside = makeProject({ 'hot.ts': 'secret\n' });
    const root = makeHistory();
    git(root, ['config', 'core.worktree', outside]);
    expect((await callTool(gitDiff, {}, makeToolContext(root))).text).not.toContain('secret');
  });
});
