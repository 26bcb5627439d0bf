import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { git, makeProject, makeRepository, makeToolContext, writeFiles } from '../../../../test/make-repository.ts';
import { callTool } from '../call-tool.ts';
import { filesystemList } from './list-files.ts';
import { filesystemRead } from './read-file.ts';
import { filesystemSearch } from './search-files.ts';
import { filesystemTree } from './show-tree.ts';

const binary = new Uint8Array(2000).fill(0);

describe('filesystem_read', () => {
  it('returns quotable lines from a given line on', async () => {
    const root = makeProject({ 'src/a.ts': 'one\r\ntwo\nthree\n' });
    const result = await callTool(filesystemRead, { path: 'src/a.ts', fromLine: 2, limit: 1 }, makeToolContext(root));
    expect(result).toMatchObject({ ok: true, sources: [{ path: 'src/a.ts', line: 2 }] });
    expect(result.text.split('\n')).toEqual([
      'src/a.ts: 3 lines, 15 bytes; shown are lines 2 to 2.',
      'src/a.ts:2: two',
    ]);
  });

  it('answers clearly for folders, binary files, absent files, huge files and paths that lead out', async () => {
    const root = makeProject({ 'logo.png': binary, 'a/b.txt': 'b', 'huge.txt': 'x'.repeat(8_000_001) });
    const context = makeToolContext(root);
    const code = async (path: string) => Object(await callTool(filesystemRead, { path }, context)).code;
    expect(await code('logo.png')).toBe('skills.binary');
    expect(await code('a')).toBe('skills.wrong-kind');
    expect(await code('nothing.txt')).toBe('skills.path-not-found');
    expect(await code('huge.txt')).toBe('skills.too-large');
    expect(await code('../x')).toBe('skills.path-refused');
  });

  it('shows control characters as such, so that a file cannot forge lines of the result', async () => {
    const root = makeProject({ 'a.txt': 'x\u001b[2K\u202eforged\n' });
    const result = await callTool(filesystemRead, { path: 'a.txt' }, makeToolContext(root));
    expect(result.text).toContain('a.txt:1: x\ufffd[2K\ufffdforged');
  });
});

describe('filesystem_list', () => {
  it('respects .gitignore, tells text from binary, and sorts by size and by lines', async () => {
    const root = makeRepository([
      { files: { 'a.ts': 'a\nb\n', 'long.ts': 'x\n'.repeat(50), 'blob.bin': binary, '.gitignore': 'dist/\n' } },
    ]);
    writeFiles(root, { 'dist/out.js': 'built', 'new.ts': 'fresh' });
    const context = makeToolContext(root);
    const bySize = await callTool(filesystemList, { sort: 'size' }, context);
    expect(bySize.text.split('\n')).toEqual([
      '5 files; shown are 5, sorted by size.',
      'blob.bin:1: binary file, 2.0 kB',
      'long.ts:1: text file, 100 bytes, 50 lines',
      '.gitignore:1: text file, 6 bytes, 1 line',
      'new.ts:1: text file, 5 bytes, 1 line, not yet tracked by git',
      'a.ts:1: text file, 4 bytes, 2 lines',
    ]);
    const byLines = await callTool(filesystemList, { sort: 'lines', glob: '*.ts', limit: 1 }, context);
    expect(byLines.text).toContain('3 files; shown are 1, sorted by lines.\nlong.ts:1:');
    const large = await callTool(filesystemList, { kind: 'binary', minBytes: 1000 }, context);
    expect(large.text).toBe(
      '1 binary file of at least 1.0 kB; shown are 1, sorted by path.\nblob.bin:1: binary file, 2.0 kB',
    );
  });

  it('works without git, skips dependencies, and marks links by where they lead', async () => {
    const root = makeProject({ 'a.txt': 'a', 'node_modules/x/index.js': 'x' });
    symlinkSync('gone.txt', join(root, 'broken'));
    symlinkSync('/etc/passwd', join(root, 'outside'));
    const result = await callTool(filesystemList, {}, makeToolContext(root));
    expect(result.text.split('\n').slice(1)).toEqual([
      'a.txt:1: text file, 1 byte, 1 line',
      'broken:1: symbolic link (broken: its target does not exist)',
      'outside:1: symbolic link (leads out of the project)',
    ]);
  });

  it('reads the folder itself where git cannot read its repository', async () => {
    const root = makeProject({ 'a.txt': 'a', '.git/HEAD': 'nonsense' });
    const result = await callTool(filesystemList, {}, makeToolContext(root));
    expect(result.text.split('\n').slice(1)).toEqual(['a.txt:1: text file, 1 byte, 1 line']);
  });

  it('does not follow a tracked folder that was replaced by a link out of the project', async () => {
    const outside = makeProject({ 'file.txt': 'secret words' });
    const root = makeRepository([{ files: { 'folder/file.txt': 'mine', 'keep.txt': 'keep' } }]);
    git(root, ['mv', 'folder', 'moved']);
    git(root, ['reset', '--quiet', '--mixed']);
    symlinkSync(outside, join(root, 'folder'));
    const found = await callTool(filesystemSearch, { pattern: 'secret words' }, makeToolContext(root));
    expect(found).toMatchObject({ ok: true, data: { matches: [] } });
  });
});

describe('filesystem_search', () => {
  it('quotes each matching line and its surroundings', async () => {
    const root = makeProject({ 'src/a.ts': 'one\ntwo\nthree\nfour', 'logo.png': `two${'\0'.repeat(9)}` });
    const context = makeToolContext(root);
    const plain = await callTool(filesystemSearch, { pattern: 'TWO' }, context);
    expect(plain.text).toBe('`TWO`: 1 matching line in 1 text file searched.\nsrc/a.ts:2: two');
    expect(plain).toMatchObject({ sources: [{ path: 'src/a.ts', line: 2 }] });
    const around = await callTool(filesystemSearch, { pattern: 't\\w+', regex: true, context: 1 }, context);
    expect(around.text.split('\n').slice(1)).toEqual([
      'src/a.ts:1: one',
      'src/a.ts:2: two',
      'src/a.ts:3: three',
      'src/a.ts:4: four',
    ]);
  });

  it('says when there is more than it shows', async () => {
    const root = makeProject({ 'a.txt': 'x\n'.repeat(20) });
    const result = await callTool(filesystemSearch, { pattern: 'x', limit: 5 }, makeToolContext(root));
    expect(result.text).toContain('5 matching lines in 1 text file searched. There are more than 5');
    expect(result).toMatchObject({ data: { more: true } });
  });
});

describe('filesystem_tree', () => {
  it('counts files and types by folder, parents before children', async () => {
    const root = makeProject({ 'README.md': 'r', 'src/a.ts': 'a', 'src/deep/b.ts': 'b', 'src-x/c.py': 'c' });
    writeFileSync(join(root, 'src', 'z.json'), '{}');
    const result = await callTool(filesystemTree, { depth: 1 }, makeToolContext(root));
    expect(result.text.split('\n')).toEqual([
      '5 files in 4 folders, 6 bytes (no git repository).',
      './: 5 files, 6 bytes (.ts 2, .json 1, .md 1)',
      '  README.md',
      '  src/: 3 files, 4 bytes (.ts 2, .json 1)',
      '    a.ts, z.json',
      '  src-x/: 1 file, 1 byte (.py 1)',
      '    c.py',
    ]);
  });

  it('answers for an empty folder and for a run without a project', async () => {
    expect((await callTool(filesystemTree, {}, makeToolContext(makeProject()))).text).toContain('0 files in 0 folders');
    expect(await callTool(filesystemTree, {}, makeToolContext(null))).toMatchObject({
      ok: false,
      code: 'skills.no-project',
    });
  });
});
