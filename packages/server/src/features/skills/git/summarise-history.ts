// Pure sums over commits: which files changed most (hot spots), who changed what.
import type { Commit } from './read-history.ts';

export interface FileHistory {
  readonly path: string;
  readonly commits: number;
  readonly added: number;
  readonly removed: number;
  readonly authors: readonly string[];
  readonly firstAt: string;
  readonly lastAt: string;
}

export interface AuthorHistory {
  readonly author: string;
  readonly commits: number;
  readonly added: number;
  readonly removed: number;
  readonly files: number;
  readonly firstAt: string;
  readonly lastAt: string;
}

/** Most commits first, then most changed lines. Merges count for nobody: their changes are counted where they were made. */
export function summariseFiles(commits: readonly Commit[]): FileHistory[] {
  const files = new Map<
    string,
    { commits: number; added: number; removed: number; authors: Set<string>; at: string[] }
  >();
  for (const commit of commits) {
    for (const change of commit.changes) {
      const sum = files.get(change.path) ?? { commits: 0, added: 0, removed: 0, authors: new Set<string>(), at: [] };
      files.set(change.path, sum);
      sum.commits += 1;
      sum.added += change.added;
      sum.removed += change.removed;
      sum.authors.add(commit.author);
      sum.at.push(commit.at);
    }
  }
  return [...files]
    .map(([path, sum]) => ({
      path,
      commits: sum.commits,
      added: sum.added,
      removed: sum.removed,
      authors: [...sum.authors].sort(),
      firstAt: earliest(sum.at),
      lastAt: latest(sum.at),
    }))
    .sort((a, b) => b.commits - a.commits || b.added + b.removed - (a.added + a.removed) || (a.path < b.path ? -1 : 1));
}

/** Most commits first. People are told apart by their name as written in the commits. */
export function summariseAuthors(commits: readonly Commit[]): AuthorHistory[] {
  const authors = new Map<
    string,
    { commits: number; added: number; removed: number; files: Set<string>; at: string[] }
  >();
  for (const commit of commits) {
    const sum = authors.get(commit.author) ?? { commits: 0, added: 0, removed: 0, files: new Set<string>(), at: [] };
    authors.set(commit.author, sum);
    sum.commits += 1;
    sum.at.push(commit.at);
    for (const change of commit.changes) {
      sum.added += change.added;
      sum.removed += change.removed;
      sum.files.add(change.path);
    }
  }
  return [...authors]
    .map(([author, sum]) => ({
      author,
      commits: sum.commits,
      added: sum.added,
      removed: sum.removed,
      files: sum.files.size,
      firstAt: earliest(sum.at),
      lastAt: latest(sum.at),
    }))
    .sort((a, b) => b.commits - a.commits || (a.author < b.author ? -1 : 1));
}

function earliest(times: readonly string[]): string {
  return times.reduce((a, b) => (Date.parse(b) < Date.parse(a) ? b : a));
}

function latest(times: readonly string[]): string {
  return times.reduce((a, b) => (Date.parse(b) > Date.parse(a) ? b : a));
}
