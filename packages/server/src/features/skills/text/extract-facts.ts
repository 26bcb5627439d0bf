// text_extract: facts about a project's text, by kind, each with its file and line.
import type { ToolContext } from '../../../llm/tool.ts';
import { matchLines } from '../match-lines.ts';
import { count, printable, quoteLine, toSources } from '../quote.ts';
import { flagOf, numberOf, optionalString, stringOf } from '../read-arguments.ts';
import { describeSkipped, readSources } from '../read-source.ts';
import { type Arguments, defineReadingTool, SkillFault, type ToolAnswer } from '../skill.ts';
import {
  type Detected,
  detectFindings,
  listScope,
  maskFinding,
  type Scope,
  showFinding,
  sortFindings,
} from './detect-findings.ts';
import { detectorsFor, isGroup, KINDS } from './detectors.ts';
import type { Detector, Finding } from './finding.ts';
import { maskSecrets } from './secret-patterns.ts';

const SHOWN_BY_KIND = 15;

export const textExtract = defineReadingTool({
  name: 'text_extract',
  description:
    'Extract facts from the text and code of the project, each as `path:line: fact`: leaked secrets (keys, tokens, passwords; shown masked), TODO and FIXME comments with past dates, long functions, unreferenced (dead) files, duplicate files, large files, merge conflict markers, skipped tests, debug leftovers, empty catches, broken links, imports, dates and more. `what: "problems"` looks for all problems at once, most urgent first.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['what'],
    properties: {
      what: {
        type: 'string',
        enum: [...KINDS, 'matches'],
        description:
          'What to extract. `problems`: every kind of problem at once. `code-problems`: the problems that stand in a line of code or text (hygiene), all kinds at once. `file-problems`: the problems of whole files (structure), all kinds at once. `secrets`: leaked keys, tokens, passwords and committed credential files. `sensitive-files`: environment files and key stores in git. `conflict-markers`: unresolved merge conflicts. `dangerous-calls`: eval and the like. `todos`: TODO, FIXME and HACK comments, with dates that are past. `functions`: long functions, longest first. `empty-catches`: swallowed errors. `skipped-tests`: skipped and focused tests. `debug-leftovers`: debugger, console.log, print. `insecure-urls`: plain http addresses. `links`: all links in Markdown. `broken-links`: links that lead nowhere. `commented-out-code`, `long-lines`, `dates`, `imports`: what they say. `generated-files`: installed packages and build output in git. `large-files`: large binary and text files. `unreferenced-files`: dead, unused source files that no other file mentions. `duplicates`: identical and nearly equal files. `broken-symlinks`: symbolic links to nothing. `leftover-files`: backup copies, logs. `missing-files`: no README, LICENSE, tests or lock file. `matches`: lines that match `pattern`.',
        examples: ['problems', 'todos', 'secrets', 'functions'],
      },
      path: {
        type: 'string',
        maxLength: 4096,
        default: '.',
        description:
          "Where to look: a file, a folder or a glob relative to the project's root. The default is the whole project.",
        examples: ['.', 'src', 'src/**/*.ts'],
      },
      glob: {
        type: 'string',
        maxLength: 500,
        description: 'Only files whose path matches this glob. Without a slash it is matched against the file name.',
        examples: ['*.ts'],
      },
      pattern: {
        type: 'string',
        minLength: 1,
        maxLength: 1000,
        description: 'For `what: "matches"` only: the regular expression to look for, line by line.',
        examples: ['v\\d+\\.\\d+\\.\\d+'],
      },
      caseSensitive: {
        type: 'boolean',
        default: false,
        description: 'For `what: "matches"` only: whether upper and lower case letters differ.',
      },
      minLines: {
        type: 'integer',
        minimum: 1,
        default: 80,
        description: 'For functions: only those of at least so many lines.',
        examples: [80, 120],
      },
      minLength: {
        type: 'integer',
        minimum: 20,
        default: 250,
        description: 'For long lines: only those of at least so many characters.',
        examples: [250],
      },
      minBytes: {
        type: 'integer',
        minimum: 1,
        description:
          'For large files: only those of at least so many bytes; without it 200000 for binary files and 500000 for text.',
        examples: [500000],
      },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 1000,
        default: 100,
        description: 'How many facts to return at most.',
        examples: [50],
      },
    },
  },
  async answer(args, context) {
    const what = stringOf(args, 'what', 'problems');
    const scope = { path: stringOf(args, 'path', '.'), glob: optionalString(args, 'glob') };
    if (what === 'matches') return extractMatches(args, scope, context);
    const options = {
      now: context.clock.now(),
      minLines: numberOf(args, 'minLines', 80),
      minLength: numberOf(args, 'minLength', 250),
      minBytes: numberOf(args, 'minBytes', 500_000),
      minBinaryBytes: numberOf(args, 'minBytes', 200_000),
    };
    const detectors = detectorsFor(what);
    const detected = await detectFindings(context, scope, detectors, options);
    const limit = numberOf(args, 'limit', 100);
    const { shown, lines } = isGroup(what)
      ? showByKind(detected, detectors, limit)
      : showOneKind(detectors[0]?.title ?? what, detected, limit);
    return {
      text: [...lines, ...detected.notes].join('\n'),
      data: {
        what,
        total: detected.findings.length,
        findings: shown.map(({ weight, aside, ...finding }) => finding),
      },
      sources: toSources(shown.filter((finding) => finding.line !== null)),
    };
  },
});

interface Shown {
  readonly shown: readonly Finding[];
  readonly lines: readonly string[];
}

function showOneKind(title: string, { findings, searchedFiles }: Detected, limit: number): Shown {
  const shown = sortFindings(findings).slice(0, limit).map(maskFinding);
  const total = findings.length;
  const head = `${title}: ${total === 0 ? 'nothing found' : count(total, 'finding')} in ${count(searchedFiles, 'file')}${shown.length < total ? `; shown are ${shown.length}` : ''}.`;
  return { shown, lines: [head, ...shown.map(showFinding)] };
}

/** A heading for each kind, and not more of one than leaves room for the others. */
function showByKind({ findings, searchedFiles }: Detected, detectors: readonly Detector[], limit: number): Shown {
  const shown: Finding[] = [];
  const lines: string[] = [];
  const absent: string[] = [];
  for (const { kind, title } of detectors) {
    const ofKind = findings.filter((finding) => finding.kind === kind);
    const told = sortFindings(ofKind.filter((finding) => finding.aside !== true));
    const room = told.slice(0, Math.min(SHOWN_BY_KIND, limit - shown.length)).map(maskFinding);
    if (ofKind.length === 0) absent.push(title);
    if (told.length === 0) continue;
    lines.push(`## ${title} (${told.length})`, ...room.map(showFinding));
    if (told.length > room.length) lines.push(`and ${told.length - room.length} more.`);
    shown.push(...room);
  }
  const aside = findings.filter((finding) => finding.aside === true).length;
  const total = findings.length - aside;
  const head = `${total === 0 ? 'No problems' : count(total, 'problem')} found in ${count(searchedFiles, 'file')}.`;
  return { shown, lines: [head, ...describeAbsent(absent), ...describeAside(findings), ...lines] };
}

function describeAbsent(titles: readonly string[]): string[] {
  if (titles.length === 0) return [];
  return [
    `Looked for and not found: ${titles.map((title) => title.charAt(0).toLowerCase() + title.slice(1)).join(', ')}.`,
  ];
}

/** What is mostly no fault is counted, so that nobody takes it for overlooked. */
function describeAside(findings: readonly Finding[]): string[] {
  const asideOf = (kind: string) => findings.filter((one) => one.aside === true && one.kind === kind).length;
  const told = [
    ['secrets', 'strings that look like secrets in tests and samples, mostly made up'],
    ['todos', 'notes left to do whose date is still ahead'],
    ['empty-catches', 'catch blocks that hold only a comment'],
  ].flatMap(([kind = '', what]) => (asideOf(kind) > 0 ? [`${what} (${asideOf(kind)})`] : []));
  return told.length > 0 ? [`Only counted: ${told.join(', ')}.`] : [];
}

async function extractMatches(args: Arguments, scope: Scope, context: ToolContext): Promise<ToolAnswer> {
  const pattern = optionalString(args, 'pattern');
  if (pattern === null) {
    throw new SkillFault(
      'skills.invalid-arguments',
      '/pattern: required when `what` is `matches`; got nothing; for example "v\\\\d+\\\\.\\\\d+". Other values of `what` need no pattern.',
    );
  }
  const listing = await listScope(context, scope);
  const { sources, skipped } = await readSources(context, listing.root, listing.files);
  const limit = numberOf(args, 'limit', 100);
  const wanted = { pattern, regex: true, caseSensitive: flagOf(args, 'caseSensitive', false) };
  const found = await matchLines(sources, wanted, context.signal, limit + 1);
  const matches = found.slice(0, limit).map((match) => ({ ...match, match: maskSecrets(match.match) }));
  const more = found.length > limit ? ` There are more than ${limit}.` : '';
  return {
    text: [
      `matches of \`${quoteLine(pattern, 80)}\`: ${count(matches.length, 'line')} in ${count(sources.length, 'text file')}.${more}`,
      ...matches.map((match) => `${printable(match.path)}:${match.line}: ${quoteLine(match.match)}`),
      ...describeSkipped(skipped),
    ].join('\n'),
    data: { what: 'matches', total: matches.length, more: found.length > limit, findings: matches },
    sources: toSources(matches),
  };
}
