// git_log: the history as commits, as hot spots by file, or by author.
import type { ToolContext } from '../../../llm/tool.ts';
import { listProjectFiles } from '../project-files.ts';
import { count, printable, quoteLine } from '../quote.ts';
import { numberOf, optionalString, stringOf } from '../read-arguments.ts';
import { defineReadingTool, SkillFault, type ToolAnswer } from '../skill.ts';
import { type Commit, type HistoryQuery, parseSince, readHistory } from './read-history.ts';
import { historicPath } from './revisions.ts';
import { summariseAuthors, summariseFiles } from './summarise-history.ts';

const MAX_SUMMARISED = 5000;

export const gitLog = defineReadingTool({
  name: 'git_log',
  description:
    'Read the git history: the last (latest, most recent) commits, or a summary of it. With `summarise: "files"` it names the hot spots: the hottest files, changed most often, with the number of commits, changed lines and authors of each. With `summarise: "authors"` it names who made how many commits (bus factor).',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      summarise: {
        type: 'string',
        enum: ['commits', 'files', 'authors'],
        default: 'commits',
        description:
          'What to return: `commits` lists the commits, newest first; `files` counts commits and changed lines by file, most often changed (hottest) first; `authors` counts commits by author, most first.',
      },
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description: "Only history that touches this file or folder, relative to the project's root.",
        examples: ['.', 'src/main.ts'],
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 500,
        default: 20,
        description: 'How many commits, files or authors to return at most.',
        examples: [10],
      },
      since: {
        type: 'string',
        maxLength: 40,
        description: 'Only commits since then: a date, or a number of days, weeks, months or years ago.',
        examples: ['2025-01-31', '90 days ago'],
      },
      author: {
        type: 'string',
        minLength: 1,
        maxLength: 200,
        description: 'Only commits whose author name or address contains this text.',
        examples: ['Ada'],
      },
    },
  },
  async answer(args, context) {
    const summarise = stringOf(args, 'summarise', 'commits');
    const limit = numberOf(args, 'limit', 20);
    const query = {
      path: await historicPath(context, stringOf(args, 'path', '.')),
      limit: summarise === 'commits' ? limit : MAX_SUMMARISED,
      since: readSince(optionalString(args, 'since'), context),
      author: optionalString(args, 'author'),
    };
    const { commits, cut } = await readHistory(context, query);
    const note = describeRange(query, commits, cut || (summarise !== 'commits' && commits.length === MAX_SUMMARISED));
    if (commits.length === 0) return { text: `No commits${describeQuery(query)}.`, data: [], sources: [] };
    if (summarise === 'files') return answerFiles(context, commits, limit, note);
    if (summarise === 'authors') return answerAuthors(commits, limit, note);
    return answerCommits(commits, note, query.path !== '.');
  },
});

function readSince(since: string | null, context: ToolContext): string | null {
  if (since === null) return null;
  const parsed = parseSince(since, context.clock.now());
  if (parsed !== null) return parsed;
  throw new SkillFault(
    'skills.invalid-arguments',
    `\`${quoteLine(since)}\` is no date that can be read as \`since\`: give for example \`2025-01-31\` or \`90 days ago\`.`,
  );
}

/** What narrows the history, as the end of a sentence; empty for all of it. */
function describeQuery(query: HistoryQuery): string {
  const touching = query.path === '.' ? '' : ` touching \`${printable(query.path)}\``;
  const since = query.since === null ? '' : ` since ${day(query.since)}`;
  const by = query.author === null ? '' : ` by \`${quoteLine(query.author)}\``;
  return touching + since + by;
}

function describeRange(query: HistoryQuery, commits: readonly Commit[], cut: boolean): string {
  // By the time of writing: the order of the log is that of the commits, which may be rebased or imported.
  const times = commits.map((commit) => commit.at).sort((a, b) => Date.parse(a) - Date.parse(b));
  const [oldest, newest] = [times[0], times.at(-1)];
  if (oldest === undefined || newest === undefined) return '';
  const capped = cut ? ' Older commits were not looked at.' : '';
  return `${count(commits.length, 'commit')}${describeQuery(query)}, from ${day(oldest)} to ${day(newest)}.${capped}`;
}

/** `isPart`: only changes within the asked path were read, so they are not told as those of the whole commit. */
function answerCommits(commits: readonly Commit[], note: string, isPart: boolean): ToolAnswer {
  const lines = commits.map((commit) => {
    const added = commit.changes.reduce((sum, change) => sum + change.added, 0);
    const removed = commit.changes.reduce((sum, change) => sum + change.removed, 0);
    const lines = `+${added} -${removed}${isPart ? ' lines there' : ''}`;
    const files = isPart && commit.changes.length === 1 ? '' : `${count(commit.changes.length, 'file')}, `;
    const size = commit.merge ? 'merge' : `${files}${lines}`;
    return `commit ${commit.id.slice(0, 10)} ${day(commit.at)} ${printable(commit.author)}: ${quoteLine(commit.subject)} (${size})`;
  });
  return {
    text: [note, ...lines].join('\n'),
    data: commits,
    sources: commits.map((commit) => ({ commit: commit.id })),
  };
}

async function answerFiles(
  context: ToolContext,
  commits: readonly Commit[],
  limit: number,
  note: string,
): Promise<ToolAnswer> {
  const existing = new Set((await listProjectFiles(context)).files.map((file) => file.path));
  const all = summariseFiles(commits).map((file) => ({
    ...file,
    exists: existing.has(file.path),
    generated: WRITTEN_BY_TOOLS.test(file.path),
  }));
  // What a tool writes and what is gone says little about where people work.
  const ranked = [...all.filter(isWorkedOn), ...all.filter((file) => !isWorkedOn(file))];
  const again = ranked.filter((file) => file.commits > 1);
  const shown = (again.length > 0 ? again : ranked).slice(0, limit);
  const lines = shown.map((file) => {
    const by =
      file.authors.length === 1 ? `only by ${printable(file.authors[0] ?? '')}` : `by ${file.authors.length} authors`;
    const byTool = file.generated ? ', written by a tool' : '';
    const gone = file.exists ? byTool : ', does not exist any more';
    return `${printable(file.path)}:1: changed in ${count(file.commits, 'commit')} ${by}, +${file.added} -${file.removed} lines, last on ${day(file.lastAt)}${gone}`;
  });
  return {
    text: [
      `${note} ${count(all.length, 'file')} changed, ${again.length === 0 ? 'none' : again.length} of them more than once${shown.length < again.length ? ` (listed are the ${shown.length} that changed most often)` : ''}.`,
      ...lines,
    ].join('\n'),
    data: { commits: commits.length, totalFiles: all.length, files: shown.map(({ generated, ...file }) => file) },
    sources: shown.filter((file) => file.exists).map((file) => ({ path: file.path, line: 1 })),
  };
}

const WRITTEN_BY_TOOLS =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|go\.sum|bun\.lockb?)$|\.(?:lock|snap|min\.js|min\.css|map)$/;

function isWorkedOn(file: { readonly exists: boolean; readonly generated: boolean }): boolean {
  return file.exists && !file.generated;
}

function answerAuthors(commits: readonly Commit[], limit: number, note: string): ToolAnswer {
  const all = summariseAuthors(commits);
  const lines = all.slice(0, limit).map((author) => {
    const share = Math.round((100 * author.commits) / commits.length);
    return `${printable(author.author)}: ${count(author.commits, 'commit')} (${share} %), ${count(author.files, 'file')}, +${author.added} -${author.removed} lines, from ${day(author.firstAt)} to ${day(author.lastAt)}`;
  });
  const alone = all.length === 1 ? ', who made all of them (bus factor 1)' : '';
  return {
    text: [`${note} ${count(all.length, 'author')}${alone}.`, ...lines].join('\n'),
    data: { commits: commits.length, authors: all.slice(0, limit) },
    sources: [],
  };
}

function day(at: string): string {
  return at.slice(0, 10);
}
