import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeProject, makeToolContext } from '../../../test/make-repository.ts';
import { confinePath, isInside, readWholeConfined } from './confine-path.ts';
import { listProjectFiles } from './project-files.ts';

describe('confinePath', () => {
  const escapes = [
    '../secret.txt',
    'a/../../secret.txt',
    '/etc/passwd',
    '/proc/self/environ',
    '/dev/zero',
    '..',
    '../',
    '....//../secret.txt/../../..',
    './../.',
    '../project-beside/file.txt',
    '/',
  ];
  it.each(escapes)('refuses %j, which leads out of the project', async (path) => {
    const root = makeProject({ 'a/file.txt': 'inside' });
    await expect(confinePath(root, path)).rejects.toMatchObject({ code: 'skills.path-refused' });
  });

  it('refuses a closed folder inside of the project, also through a link, and lists nothing of it', async () => {
    const root = makeProject({ 'data/secret.key': 'key', 'src/main.ts': 'export {};' });
    symlinkSync(join(root, 'data'), join(root, 'way-in'));
    const closed = [join(root, 'data')];
    for (const path of ['data/secret.key', 'data', 'way-in/secret.key']) {
      await expect(confinePath(root, path, closed)).rejects.toMatchObject({ code: 'skills.path-refused' });
    }
    const listing = await listProjectFiles(makeToolContext(root, { closedFolders: closed }));
    expect(listing.files.map((file) => file.path)).toEqual(['src/main.ts', 'way-in']);
  });

  it('takes encoded dots for what they are: a name that does not exist', async () => {
    const root = makeProject();
    await expect(confinePath(root, '%2e%2e/%2e%2e/etc/passwd')).rejects.toMatchObject({
      code: 'skills.path-not-found',
    });
  });

  it('says the same about an outside path whether it exists or not', async () => {
    const root = makeProject();
    for (const path of ['/etc/passwd', '/etc/no-such-file', '../no-such-file']) {
      await expect(confinePath(root, path)).rejects.toMatchObject({ code: 'skills.path-refused' });
    }
  });

  it('refuses a folder beside the root whose name begins with the name of the root', async () => {
    const parent = makeProject({ 'app/in.txt': 'in', 'app-secret/out.txt': 'out' });
    await expect(confinePath(join(parent, 'app'), '../app-secret/out.txt')).rejects.toMatchObject({
      code: 'skills.path-refused',
    });
    expect(isInside('/srv/app', '/srv/app-secret/x')).toBe(false);
    expect(isInside('/srv/app', '/srv/app/..x')).toBe(true);
  });

  it('refuses symbolic links out of the project, to files, to folders and below them', async () => {
    const outside = makeProject({ 'secret.txt': 'secret', 'deep/secret.txt': 'secret' });
    const root = makeProject();
    symlinkSync(join(outside, 'secret.txt'), join(root, 'file-link'));
    symlinkSync(outside, join(root, 'folder-link'));
    for (const path of [
      'file-link',
      'folder-link',
      'folder-link/secret.txt',
      'folder-link/deep/secret.txt',
      'folder-link/absent',
    ]) {
      await expect(confinePath(root, path)).rejects.toMatchObject({ code: 'skills.path-refused' });
    }
  });

  it('follows symbolic links that stay inside, also when the root itself is reached by one', async () => {
    const parent = makeProject({ 'real/target.txt': 'content' });
    symlinkSync('target.txt', join(parent, 'real', 'link.txt'));
    symlinkSync('real', join(parent, 'root-link'));
    const found = await confinePath(join(parent, 'root-link'), 'link.txt');
    expect(found).toMatchObject({ relative: 'target.txt', kind: 'file' });
    expect((await readWholeConfined(found)).toString()).toBe('content');
  });

  it('refuses NUL, git data, pipes and circles of links', async () => {
    const root = makeProject({ 'a.txt': 'a' });
    mkdirSync(join(root, '.git'));
    writeFileSync(join(root, '.git', 'config'), '[remote]');
    execFileSync('/usr/bin/env', ['mkfifo', join(root, 'pipe')]);
    symlinkSync('circle', join(root, 'circle'));
    await expect(confinePath(root, 'a.txt\0.png')).rejects.toMatchObject({ code: 'skills.path-refused' });
    await expect(confinePath(root, '.git/config')).rejects.toMatchObject({ code: 'skills.path-refused' });
    await expect(confinePath(root, 'pipe')).rejects.toMatchObject({ code: 'skills.path-refused' });
    await expect(confinePath(root, 'circle')).rejects.toMatchObject({ code: 'ELOOP' });
  });

  it('names an absent path, a missing project and a file too large to read', async () => {
    const root = makeProject({ 'large.txt': 'x'.repeat(1001) });
    await expect(confinePath(root, 'no/such.txt')).rejects.toMatchObject({ code: 'skills.path-not-found' });
    await expect(confinePath(null, 'a')).rejects.toMatchObject({ code: 'skills.no-project' });
    await expect(confinePath(join(root, 'gone'), 'a')).rejects.toMatchObject({ code: 'skills.no-project' });
    const large = await confinePath(root, 'large.txt');
    await expect(readWholeConfined(large, 1000)).rejects.toMatchObject({ code: 'skills.too-large' });
  });

  it('notices when a file is replaced by a link out of the project before it is opened', async () => {
    const outside = makeProject({ 'secret.txt': 'secret' });
    const root = makeProject({ 'folder/file.txt': 'harmless', 'other/file.txt': 'x' });
    const target = await confinePath(root, 'folder/file.txt');
    execFileSync('mv', [join(root, 'folder'), join(root, 'moved')]);
    symlinkSync(outside, join(root, 'folder'));
    writeFileSync(join(outside, 'file.txt'), 'secret');
    await expect(readWholeConfined(target)).rejects.toMatchObject({ code: 'skills.path-refused' });
  });
});
