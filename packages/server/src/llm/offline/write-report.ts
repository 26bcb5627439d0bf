// The answer without tools: a report put together from the material in the task, grouped under the
// headings that the task asks for or under those of the material, each finding once and as it stood.
import { cleanItem, dropRepeated, type Extract } from './extract-lines.ts';
import { readCitation } from './find-values.ts';
import { overlapShare } from './score-words.ts';
import { cleanLabel, type Material } from './separate-data.ts';
import { splitSentences } from './split-clauses.ts';
import { soundsLikeRequest } from './verbs.ts';
import { tellLeftOut, titleOf, writeLines } from './write-answer.ts';

interface Group {
  readonly label: string;
  readonly lines: readonly Extract[];
  readonly leftOut: number;
}

const MAX_FINDINGS = 600;
/** So that one long list leaves room for the others. */
const FAIR_SHARE = 80;
const MAX_UNCITED = 25;
const MAX_SENTENCES = 6;

export function writeReport(
  request: readonly string[],
  headings: readonly string[],
  materials: readonly Material[],
): string {
  const groups = groupMaterials(materials);
  const asked = [...findAskedHeadings(request.join('\n')), ...headings.map(cleanLabel)];
  const [title, wanted] = chooseTitle(request.join('\n'), asked, headings);
  const parts = [`# ${title}`];
  const open = new Map(groups.map((group) => [group, group.lines]));
  for (const heading of wanted) {
    parts.push(`## ${heading}`);
    parts.push(
      isSummary(heading)
        ? summarise(groups, wanted)
        : listFor(heading, wanted, open) || 'Nothing in the material speaks of this.',
    );
  }
  if (wanted.length === 0) parts.push(summarise(groups, wanted));
  for (const [group, lines] of open) {
    if (lines.length === 0) continue;
    parts.push(`## ${titleOf(group.label || (groups.length === 1 ? 'Findings' : 'Other findings'))}`);
    parts.push(listLines(lines, group.leftOut));
  }
  return parts.join('\n\n');
}

function chooseTitle(
  request: string,
  asked: readonly string[],
  headings: readonly string[],
): [title: string, wanted: string[]] {
  const first = headings.find((heading) => /^\s*#\s/.test(heading));
  const named = /\btitled?\b[^"“`\n]{0,30}["“`]([^"”`\n]{1,200})["”`]/i.exec(request)?.[1];
  const title = named ?? (first === undefined ? 'Report' : cleanLabel(first));
  return [title, [...new Set(asked)].filter((heading) => heading !== title)];
}

function groupMaterials(materials: readonly Material[]): Group[] {
  const seen = new Map<string, string[]>();
  let left = MAX_FINDINGS;
  const most = Math.max(FAIR_SHARE, Math.floor(MAX_FINDINGS / Math.max(1, materials.length)));
  const groups: Group[] = [];
  for (const material of materials) {
    const all = readExtracts(material);
    const extracts = dropRepeated(all, seen);
    // All that it found was told before: its own introduction would stand over nothing.
    if (all.some(isCited) && !extracts.some(isCited)) continue;
    const uncited = new Set(chooseUncited(extracts.filter((extract) => !isCited(extract))));
    const chosen = extracts
      .filter((extract) => isCited(extract) || uncited.has(extract))
      .slice(0, Math.max(1, Math.min(left, most)));
    left = Math.max(0, left - chosen.length);
    if (extracts.length > 0)
      groups.push({ label: material.label, lines: chosen, leftOut: extracts.length - chosen.length });
  }
  return joinSame(groups);
}

function isCited({ citation }: Extract): boolean {
  return citation !== null;
}

const LONG_LINE = 600;

function readExtracts({ lines, fenced }: Material): Extract[] {
  const kept = lines.filter((line) => line.trim() !== '');
  if (fenced === true && !kept.some((line) => readCitation(line) !== null)) {
    const text = kept.slice(0, FAIR_SHARE).join('\n');
    return text === '' ? [] : [{ text, citation: null, kind: 'block' }];
  }
  return kept.filter((line) => !/^\s*_.+_\s*$/.test(line) && !/^\s*(?:```|~~~)/.test(line)).flatMap(readFinding);
}

function readFinding(line: string): Extract[] {
  const text = cleanItem(line.replace(/^\s*>+\s?/, ''));
  if (!/[\p{L}\p{N}]/u.test(text)) return [];
  const citation = readCitation(text);
  if (citation !== null) return [{ text, citation, kind: 'item' }];
  if (text.length > LONG_LINE)
    return summariseText(text, '').map((sentence) => ({ text: sentence, citation: null, kind: 'item' }));
  // A line without a mark of a list and with a full stop tells about the others.
  const isSentence = text === line.trim() && /\w\s.*[.:]$/.test(text);
  return [{ text, citation, kind: isSentence ? 'sentence' : 'item' }];
}

function chooseUncited(lines: readonly Extract[]): readonly Extract[] {
  const isProse = lines.some(({ text, kind }) => kind !== 'block' && text.length > 400);
  return lines.slice(0, isProse ? MAX_SENTENCES : MAX_UNCITED);
}

function joinSame(groups: readonly Group[]): Group[] {
  const joined = new Map<string, Group>();
  for (const group of groups) {
    const known = joined.get(group.label);
    joined.set(
      group.label,
      known
        ? { label: group.label, lines: [...known.lines, ...group.lines], leftOut: known.leftOut + group.leftOut }
        : group,
    );
  }
  return [...joined.values()];
}

/** Headings that the request names: `with the sections A, B and C`, `headings: "A", "B"`. */
export function findAskedHeadings(request: string): string[] {
  for (const sentence of splitSentences(request)) {
    let list = /\b(?:sections?|headings?|chapters?)\b(?:\s+(?:called|named|titled))?\s*:?\s+(.+)$/i.exec(sentence)?.[1];
    if (list === undefined) continue;
    list = list.slice(list.lastIndexOf(': ') + 1);
    const quoted = [...list.matchAll(/[`"“']([^`"”']+)[`"”']/g)].map((match) => match[1]?.trim() ?? '');
    const names =
      quoted.length > 0
        ? quoted
        : list.split(/,\s*(?:and\s+)?|\s+and\s+/).map((name) => name.replace(/[.:]+$/, '').trim());
    const fine = names.filter((name) => name !== '' && name.split(/\s+/).length <= 5 && /^[\p{Lu}\p{N}]/u.test(name));
    if (fine.length > 1 || (fine.length === 1 && quoted.length > 0))
      return fine.map((name) => name.replace(/^#+\s*/, ''));
  }
  return [];
}

function isSummary(heading: string): boolean {
  return /\b(?:summary|overview|in short|at a glance|abstract|conclusion)\b/i.test(heading);
}

/** How much was found and where; the findings themselves stand below. */
function summarise(groups: readonly Group[], wanted: readonly string[]): string {
  const lines = groups.flatMap((group) => group.lines);
  const cited = lines.filter(isCited);
  const files = new Set(cited.map(({ citation }) => citation?.path));
  if (lines.length === 0) return 'The material holds no findings.';
  const counted = groups
    .map((group) => ({ group, count: group.lines.filter((line) => cited.length === 0 || isCited(line)).length }))
    .filter(({ count }) => count > 0);
  const findings = `${plural(cited.length, 'finding')} with a source in ${plural(files.size, 'file')}`;
  const total = cited.length > 0 ? findings : plural(lines.length, 'line');
  const owned = wanted.map((heading) => ({ heading, of: counted.filter(({ group }) => isOwner(heading, group)) }));
  const told = owned.filter(({ of }) => of.length > 0);
  if (counted.length === 1 && counted[0]?.group.label === '') return `${total}.`;
  if (told.length === 0 || told.flatMap(({ of }) => of).length < counted.length)
    return `${total}, quoted from: ${counted.map(({ group, count }) => tellCount(group.label || 'unnamed material', count)).join('; ')}.`;
  const sums = told.map(({ heading, of }) => ({ heading, of, sum: of.reduce((all, one) => all + totalOf(one), 0) }));
  const all = sums.reduce((sum, one) => sum + one.sum, 0);
  const parts = sums.map(({ heading, of, sum }) => {
    const names = of
      .map(({ group, count }) => tellCount(subtitleOf(heading, group), count))
      .filter((name) => name !== '');
    return `- ${heading}: ${sum}${names.length > 0 ? ` (${names.join('; ')})` : ''}`;
  });
  return `${total}${all > cited.length && cited.length > 0 ? `, of ${all} in all` : ''}:\n\n${parts.join('\n')}`;
}

const OWN_COUNT = /^(.*\S)\s*\((\d+)[^()]*\)$/;

function totalOf({ group, count }: { readonly group: Group; readonly count: number }): number {
  return Number(OWN_COUNT.exec(group.label)?.[2] ?? count);
}

/** `Long functions (2)`: a count that a label brings along is the true one, since lines may be left out. */
function tellCount(label: string, count: number): string {
  if (label === '') return '';
  const own = OWN_COUNT.exec(label);
  return own ? `${titleOf(own[1] ?? '')}: ${own[2]}` : `${titleOf(label)}: ${count}`;
}

function isOwner(heading: string, group: Group): boolean {
  return group.label.toLowerCase().startsWith(heading.toLowerCase());
}

/** What the label says besides the heading that its group stands under. */
function subtitleOf(heading: string, group: Group): string {
  return (isOwner(heading, group) ? group.label.slice(heading.length) : group.label).replace(/^[\s:]+/, '');
}

function plural(count: number, one: string): string {
  return `${count} ${count === 1 ? one : `${one}s`}`;
}

/** The lines that speak of a heading, taken out of the open ones so that each is quoted once. */
function listFor(heading: string, wanted: readonly string[], open: Map<Group, readonly Extract[]>): string {
  const ownerOf = (group: Group) => wanted.find((name) => isOwner(name, group));
  const named = [...open].filter(([group, lines]) => {
    if (lines.length === 0) return false;
    return (ownerOf(group) ?? heading) === heading && overlapShare(heading, group.label) >= 0.5;
  });
  const parts = named.map(([group, lines]) => {
    open.set(group, []);
    const title = subtitleOf(heading, group);
    return `${title === '' ? '' : `### ${titleOf(title)}\n\n`}${listLines(lines, group.leftOut)}`;
  });
  const scattered: Extract[] = [];
  for (const [group, lines] of open) {
    if (ownerOf(group) !== undefined) continue;
    const fits = lines.filter(({ text, kind }) => kind !== 'block' && overlapShare(heading, text) >= 0.6);
    scattered.push(...fits);
    open.set(
      group,
      lines.filter((line) => !fits.includes(line)),
    );
  }
  if (scattered.length > 0) parts.push(listLines(scattered, 0));
  return parts.join('\n\n');
}

function listLines(lines: readonly Extract[], leftOut: number): string {
  return `${writeLines(lines, '####')}${leftOut > 0 ? `\n\n${tellLeftOut(leftOut)}` : ''}`;
}

/** The sentences of a text that carry most of its repeated words, in their order. */
export function summariseText(text: string, question: string): string[] {
  const sentences = splitSentences(text)
    .filter((sentence) => sentence.length > 20)
    .slice(0, 200);
  const scored = sentences.map((sentence, index) => {
    const central = sentences
      .slice(0, 20)
      .reduce((sum, other) => sum + (other === sentence ? 0 : overlapShare(other, sentence)), 0);
    return {
      sentence,
      index,
      fit: central + 2 * overlapShare(question, sentence) - (soundsLikeRequest(sentence) ? 1 : 0),
    };
  });
  return scored
    .toSorted((one, other) => other.fit - one.fit || one.index - other.index)
    .slice(0, MAX_SENTENCES)
    .toSorted((one, other) => one.index - other.index)
    .map(({ sentence }) => sentence);
}
