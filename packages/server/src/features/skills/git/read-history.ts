// Reads commits with what each changed. Renames are followed backwards, so that a file's history counts
// under the name that it has today.
import type { ToolContext } from '../../../llm/tool.ts';
import { runGit } from '../run-git.ts';

export interface FileChange {
  /** The name that the file has at the newest end of what was read. */
  readonly path: string;
  readonly added: number;
  readonly removed: number;
  readonly binary: boolean;
}

export interface Commit {
  readonly id: string;
  readonly author: string;
  readonly email: string;
  readonly at: string;
  readonly subject: string;
  readonly merge: boolean;
  readonly changes: readonly FileChange[];
}

export interface HistoryQuery {
  readonly path: string;
  readonly limit: number;
  readonly since: string | null;
  readonly author: string | null;
}

const FORMAT = '%x01%H%x02%an%x02%ae%x02%aI%x02%P%x02%s';

export async function readHistory(
  context: ToolContext,
  query: HistoryQuery,
): Promise<{ readonly commits: Commit[]; readonly cut: boolean }> {
  const command = [
    'log',
    '-z',
    '--numstat',
    '-M',
    '--no-ext-diff',
    '--no-textconv',
    '--no-show-signature',
    `--max-count=${query.limit}`,
    `--format=${FORMAT}`,
  ];
  if (query.since !== null) command.push(`--since=${query.since}`);
  if (query.author !== null) command.push('--fixed-strings', '--regexp-ignore-case', `--author=${query.author}`);
  // A path, even `.`, would leave out commits that change no file.
  const within = query.path === '.' ? [] : [query.path];
  const { text, cut } = await runGit(context, [...command, 'HEAD', '--', ...within], {
    maxBytes: 64_000_000,
    timeoutMs: 30_000,
  });
  const commits = parseHistory(text);
  // The last commit of a cut output may miss changes.
  if (cut) commits.pop();
  return { commits, cut };
}

/** `since` as git understands it: a date stays, "30 days ago" is counted from the given clock. */
export function parseSince(since: string, now: Date): string | null {
  const date = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)?$/.exec(since);
  if (date !== null) return Number.isNaN(Date.parse(since)) ? null : new Date(since).toISOString();
  const relative = /^(\d{1,4}) (day|week|month|year)s?(?: ago)?$/.exec(since.trim());
  if (relative === null) return null;
  const start = new Date(now);
  const number = Number(relative[1]);
  if (relative[2] === 'year') start.setUTCFullYear(start.getUTCFullYear() - number);
  else if (relative[2] === 'month') start.setUTCMonth(start.getUTCMonth() - number);
  else start.setUTCDate(start.getUTCDate() - number * (relative[2] === 'week' ? 7 : 1));
  return start.toISOString();
}

function parseHistory(text: string): Commit[] {
  const commits: Commit[] = [];
  const renamed = new Map<string, string>();
  let changes: FileChange[] = [];
  const tokens = text.split('\0');
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? '';
    if (token.startsWith('\x01')) {
      const [id = '', author = '', email = '', date = '', parents = '', ...subject] = token.slice(1).split('\x02');
      changes = [];
      commits.push({ id, author, email, at: date, merge: parents.includes(' '), subject: subject.join(' '), changes });
      continue;
    }
    const counted = /^\n?(\d+|-)\t(\d+|-)\t([\s\S]*)$/.exec(token);
    if (counted === null) continue;
    let path = counted[3] ?? '';
    if (path === '') {
      const [before = '', after = ''] = [tokens[at + 1], tokens[at + 2]];
      at += 2;
      path = after;
      renamed.set(before, renamed.get(after) ?? after);
    }
    const binary = counted[1] === '-';
    changes.push({
      path: renamed.get(path) ?? path,
      added: binary ? 0 : Number(counted[1]),
      removed: binary ? 0 : Number(counted[2]),
      binary,
    });
  }
  return commits;
}
