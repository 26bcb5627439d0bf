// The answer after tools were called: a section for each call with lines of its result as they were
// returned, failures in their own words, and what could not be done. Markdown; nothing is added to facts.
import { type Extract, type Extracts, extractLines } from './extract-lines.ts';
import { OFFLINE_NOTICE } from './identify.ts';
import { keyOf, type MissingCall, type PlannedCall } from './plan-calls.ts';
import type { CallArguments, ToolAnswer } from './read-prompt.ts';
import { openingVerb } from './verbs.ts';

export function writeAnswer(
  answers: readonly ToolAnswer[],
  made: readonly PlannedCall[],
  missing: readonly MissingCall[],
): string {
  const parts: string[] = [];
  const headings = new Set<string>();
  for (const answer of answers) {
    const planned = made.find((call) => keyOf(call.tool.name, call.args) === keyOf(answer.toolName, answer.args));
    const wish = planned?.clause.text ?? '';
    const heading = wish === '' ? `Result of \`${answer.toolName}\`` : nameWish(wish);
    if (!headings.has(heading)) parts.push(`## ${heading}`);
    headings.add(heading);
    parts.push(writeSection(answer, wish));
  }
  if (missing.length > 0) parts.push(writeMissing(missing));
  return withNotice(parts.join('\n\n'));
}

export function withNotice(text: string): string {
  return text === '' ? OFFLINE_NOTICE : `${text}\n\n_${OFFLINE_NOTICE}_`;
}

export function titleOf(wish: string): string {
  const line = wish
    .replaceAll('\n', ' ')
    .replace(/^#+\s*/, '')
    .trim();
  const short = line.length > 120 ? `${line.slice(0, 117).trimEnd()}...` : line;
  return short.charAt(0).toUpperCase() + short.slice(1);
}

/** What a wish asks for, without the verb that asks: `List the largest files` names the largest files. */
function nameWish(wish: string): string {
  const verb = openingVerb(wish);
  const rest =
    verb === null ? undefined : new RegExp(`^${verb}\\s+(?:(?:me|us|all|every|the)\\s+)*(.+)$`, 'is').exec(wish)?.[1];
  const isPlain =
    rest !== undefined && !/^(?:for|at|into|out|up|in|on|to|with|by|from|what|who|how|whether)\b/i.test(rest);
  return titleOf(isPlain ? rest : wish);
}

function writeSection(answer: ToolAnswer, wish: string): string {
  const from = `_From \`${answer.toolName}\`${tellArguments(answer.args)}._`;
  if (!answer.ok) return `${from}\n\nThe call failed: ${answer.text.trim() || 'it gave no reason.'}`;
  if (answer.text.trim() === '') return `${from}\n\nThe result is empty.`;
  const path = typeof answer.args.path === 'string' ? answer.args.path : null;
  return `${from}\n\n${writeExtracts(extractLines(answer.text, wish, path))}`;
}

function tellArguments(args: CallArguments): string {
  const told = Object.entries(args).map(([name, value]) => {
    const text = JSON.stringify(value);
    return `${name} ${text.length > 100 ? `${text.slice(0, 97)}...` : text}`;
  });
  return told.length === 0 ? '' : ` with ${told.join(', ')}`;
}

function writeExtracts(extracts: Extracts): string {
  const more = extracts.leftOut > 0 ? `\n\n${tellLeftOut(extracts.leftOut)}` : '';
  if (extracts.shape === 'outline') return `${writeBlock(extracts.lines.map(({ text }) => text))}${more}`;
  return `${writeLines(extracts.lines, '###')}${more}`;
}

export function tellLeftOut(lines: number): string {
  return `_${lines} more ${lines === 1 ? 'line is' : 'lines are'} left out here._`;
}

/** A block whose indentation is kept. */
export function writeBlock(lines: readonly string[]): string {
  return `\`\`\`\n${lines.map((line) => line.replaceAll('```', "'''")).join('\n')}\n\`\`\``;
}

/** Items as a list, sentences as paragraphs, headings at the given level. */
export function writeLines(lines: readonly Extract[], level: string): string {
  const parts: string[] = [];
  let last: Extract['kind'] | null = null;
  for (const { kind, text } of lines) {
    const written = writeLine(kind, text, level);
    if (last === kind && (kind === 'item' || kind === 'sentence')) parts[parts.length - 1] += `\n${written}`;
    else parts.push(written);
    last = kind;
  }
  return parts.join('\n\n');
}

function writeLine(kind: Extract['kind'], text: string, level: string): string {
  if (kind === 'block') return writeBlock(text.split('\n'));
  if (kind === 'heading') return `${level} ${text}`;
  return kind === 'item' ? `- ${text}` : text;
}

export function writeMissing(missing: readonly MissingCall[]): string {
  const lines = missing.map(({ tool, clause, missing: names }) => {
    return `- "${titleOf(clause.text)}": \`${tool.name}\` fits, but the task gives no value for ${names.map((name) => `\`${name}\``).join(', ')}.`;
  });
  return `## Not done\n\n${lines.join('\n')}`;
}
