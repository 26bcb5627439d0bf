// Factories for tests of the skills: a project folder with given files, a git repository with commits of
// given dates and authors, and the context that a tool is called with.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ToolContext } from '../src/llm/tool.ts';
import { ManualClock } from '../src/platform/clock.ts';
import { noBreakers } from './fakes/no-breakers.ts';

export type Files = Readonly<Record<string, string | Uint8Array>>;

/** A new folder with these files; removed when the test ends. */
export function makeProject(files: Files = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gathering-project-')));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFiles(root, files);
  return root;
}

export function writeFiles(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

export interface MadeCommit {
  readonly files: Files;
  readonly message?: string;
  readonly author?: string;
  readonly at?: string;
  readonly removed?: readonly string[];
}

/** A git repository with these commits, oldest first. */
export function makeRepository(commits: readonly MadeCommit[] = []): string {
  const root = makeProject();
  git(root, ['init', '--quiet', '--initial-branch=main']);
  for (const made of commits) commit(root, made);
  return root;
}

export function commit(root: string, made: MadeCommit): void {
  writeFiles(root, made.files);
  for (const path of made.removed ?? []) rmSync(join(root, path));
  git(root, ['add', '--all']);
  const author = made.author ?? 'Ada Lovelace';
  const at = made.at ?? '2026-01-02T03:04:05Z';
  git(root, ['commit', '--quiet', '--allow-empty', '--message', made.message ?? 'change'], {
    GIT_AUTHOR_NAME: author,
    GIT_AUTHOR_EMAIL: `${author.split(' ')[0]?.toLowerCase()}@example.org`,
    GIT_COMMITTER_NAME: author,
    GIT_COMMITTER_EMAIL: 'committer@example.org',
    GIT_AUTHOR_DATE: at,
    GIT_COMMITTER_DATE: at,
  });
}

export function git(root: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): string {
  const clean = { PATH: process.env.PATH, HOME: root, GIT_CONFIG_NOSYSTEM: '1', ...environment };
  return execFileSync('git', args, { cwd: root, env: clean, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** The context of a call on this project, on a fixed day. */
export function makeToolContext(projectRoot: string | null, more: Partial<ToolContext> = {}): ToolContext {
  return {
    projectRoot,
    signal: new AbortController().signal,
    clock: new ManualClock(new Date('2026-06-15T12:00:00Z')),
    breakers: noBreakers,
    closedFolders: [],
    may: () => true,
    egressAllow: [],
    idempotencyKey: 'key',
    ...more,
  };
}
