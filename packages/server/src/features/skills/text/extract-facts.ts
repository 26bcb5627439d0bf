// text_extract: facts about a project's text, by kind, each with its file and line.
import type { ToolContext } from '../../../llm/tool.ts';
import { matchLines } from '../match-lines.ts';
import { count, printable, quoteLine, toSources } from '../quote.ts';
import { flagOf, numberOf, optionalString, stringOf } from '../read-arguments.ts';
import { describeSkipped, readSources } from '../read-source.ts';
import { type Arguments, defineReadingTool, SkillFault, type ToolAnswer } from '../skill.ts';
import { detectFindings, listScope, maskFinding, type Scope, showFinding, sortFindings } from './detect-findings.ts';
import { detectorsFor, KINDS, PROBLEM_KINDS } from './detectors.ts';
import type { Finding } from './finding.ts';
import { maskSecrets } from './secret-patterns.ts';

const SHOWN_BY_KIND = 15;

export const textExtract = defineReadingTool({
  name: 'text_extract',
  description:
    'Extract facts from the text and code of the project, each as `path:line: fact`: TODO and FIXME comments with past dates, leaked secrets (keys, tokens, passwords; shown masked), long functions, unreferenced (dead) files, duplicate files, large files, merge conflict markers, skipped tests, debug leftovers, empty catches, broken links, imports, dates and more. `what: "problems"` looks for all problems at once.',
  inputSchema: {
    type: 'object',
    additionalProperties: false,
    required: ['what'],
    properties: {
      what: {
        type: 'string',
        enum: [...KINDS, 'matches'],
        description:
          'What to extract. `problems`: every kind of problem at once (code hygiene, quality). `todos`: TODO, FIXME and HACK comments, with dates that are past. `secrets`: leaked keys, tokens, passwords and committed credential files. `sensitive-files`: environment files and key stores in git. `functions`: long functions, longest first. `unreferenced-files`: dead, unused source files that no other file mentions. `large-files`: large binary and text files. `duplicates`: identical files. `conflict-markers`: unresolved merge conflicts. `dangerous-calls`: eval and the like. `skipped-tests`: skipped and focused tests. `debug-leftovers`: debugger, console.log, print. `empty-catches`: swallowed errors. `links` and `broken-links`: links in Markdown. `insecure-urls`: plain http addresses. `broken-symlinks`: symbolic links to nothing. `missing-files`: no README, LICENSE or lock file. `commented-out-code`, `long-lines`, `dates`, `imports`: what they say. `matches`: lines that match `pattern`.',
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
        default: 60,
        description: 'For functions: only those of at least so many lines.',
        examples: [60, 100],
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
        default: 500000,
        description: 'For large files: only those of at least so many bytes.',
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
      minLines: numberOf(args, 'minLines', 60),
      minLength: numberOf(args, 'minLength', 250),
      minBytes: numberOf(args, 'minBytes', 500_000),
    };
    const detected = await detectFindings(context, scope, detectorsFor(what), options);
    const limit = numberOf(args, 'limit', 100);
    const { shown, lines } =
      what === 'problems' ? showByKind(detected.findings, limit) : showOneKind(detected.findings, limit);
    const total = detected.findings.length;
    const head = `${what}: ${total === 0 ? 'nothing found' : count(total, 'finding')} in ${count(detected.searchedFiles, 'file')}${shown.length < total ? `; shown are ${shown.length}` : ''}.`;
    return {
      text: [head, ...lines, ...detected.notes].join('\n'),
      data: { what, total, findings: shown.map(({ weight, ...finding }) => finding) },
      sources: toSources(shown.filter((finding) => finding.line !== null)),
    };
  },
});

function showOneKind(findings: readonly Finding[], limit: number) {
  const shown = sortFindings(findings).slice(0, limit).map(maskFinding);
  return { shown, lines: shown.map(showFinding) };
}

/** A heading for each kind, and not more of one than leaves room for the others. */
function showByKind(findings: readonly Finding[], limit: number) {
  const shown: Finding[] = [];
  const lines: string[] = [];
  for (const kind of PROBLEM_KINDS) {
    const ofKind = sortFindings(findings.filter((finding) => finding.kind === kind));
    const room = ofKind.slice(0, Math.min(SHOWN_BY_KIND, limit - shown.length)).map(maskFinding);
    if (room.length === 0) continue;
    const more = ofKind.length > room.length ? `, shown are ${room.length}` : '';
    lines.push(`## ${kind} (${ofKind.length}${more})`, ...room.map(showFinding));
    shown.push(...room);
  }
  return { shown, lines };
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
