// A task often carries material: results of earlier work, files, JSON. This tells the request, which is
// acted on, from the material, which is only quoted. Material never becomes a request.
import { readCitation } from './find-values.ts';
import { flattenJson } from './flatten-json.ts';
import { isNotice } from './identify.ts';
import { parseJson } from './read-prompt.ts';
import { type Block, markedBlock, takeBlocks } from './take-blocks.ts';
import { soundsLikeRequest } from './verbs.ts';

export interface Material {
  /** What the text calls it: the heading, tag or label above it, outermost first; empty when it has none. */
  readonly label: string;
  readonly lines: readonly string[];
  /** Its lines stood in a fence: their indentation may carry meaning. */
  readonly fenced?: boolean;
}

export interface SeparatedTask {
  readonly request: readonly string[];
  /** Headings with nothing under them: a form that the answer is asked to follow. */
  readonly headings: readonly string[];
  readonly materials: readonly Material[];
}

interface Separation {
  readonly request: string[];
  readonly materials: Material[];
  readonly blocks: readonly Block[];
}

const LONG_PARAGRAPH = 600;
/** The level of a line such as `Findings:`, below all headings. */
const LABEL = 7;

export function separateData(task: string): SeparatedTask {
  const { text, blocks } = takeBlocks(task);
  const separation: Separation = { request: [], materials: [], blocks };
  const sections = splitSections(text);
  const headings: string[] = [];
  let outer = '';
  for (const [index, section] of sections.entries()) {
    const isEmpty = isBlank(section);
    const next = sections[index + 1];
    // `History:` or a heading right above a heading that holds something names all, up to the next of its kind.
    const names = isEmpty && section.level > 0 && next !== undefined && isHeading(next) && !isBlank(next);
    if (names) outer = cleanLabel(section.head);
    else if (section.level === LABEL) outer = '';
    else if (isEmpty && isForm(section, next)) headings.push(section.head);
    if (!isEmpty) placeSection(section, section.level === LABEL ? '' : outer, separation);
    // An answer of this model ends with its notice; what follows is no part of it.
    if (section.body.some(isNotice)) outer = '';
  }
  const materials = separation.materials.filter((material) => material.lines.some((line) => line.trim() !== ''));
  return { request: separation.request, headings, materials };
}

interface Section {
  readonly head: string;
  readonly level: number;
  readonly body: string[];
}

function isBlank(section: Section): boolean {
  return section.body.every((line) => line.trim() === '');
}

function isHeading(section: Section): boolean {
  return section.level > 0 && section.level < LABEL;
}

/** An empty heading is part of a form unless it only stands above headings that hold something. */
function isForm(section: Section, next: Section | undefined): boolean {
  if (section.level === 0) return false;
  const holdsOthers = next !== undefined && isHeading(next) && next.level > section.level;
  return !holdsOthers || (section.level === 1 && isBlank(next));
}

function splitSections(text: string): Section[] {
  const sections: Section[] = [{ head: '', level: 0, body: [] }];
  for (const line of text.split('\n')) {
    const heading = /^\s{0,3}(#{1,6})\s+\S/.exec(line);
    if (heading?.[1] !== undefined) sections.push({ head: line, level: heading[1].length, body: [] });
    else if (/^[^\s\-*+>].{0,100}:\s*$/.test(line)) sections.push({ head: line, level: LABEL, body: [] });
    else sections.at(-1)?.body.push(line);
  }
  return sections;
}

function placeSection(section: Section, outer: string, into: Separation): void {
  const label = joinLabels(outer, cleanLabel(section.head));
  const last = section.body.findLastIndex((line) => isMaterialLine(line) || markedBlock(line) !== null);
  const opening = section.body.find((line) => line.trim() !== '') ?? '';
  if (section.head !== '' && (last >= 0 || isTelling(opening))) {
    const end = last >= 0 ? endOfList(section.body, last + 1) : section.body.length;
    addMaterial(label, section.body.slice(0, end), into);
    into.request.push(...section.body.slice(end));
    return;
  }
  if (section.level === LABEL) into.request.push(section.head);
  placeLoose(section.body, label, into);
}

/** Items that follow on material without a break belong to it. */
function endOfList(lines: readonly string[], from: number): number {
  let end = from;
  for (let index = from; index < lines.length; index += 1) {
    const line = lines[index]?.trim() ?? '';
    if (/^[-*+•]\s/.test(line)) end = index + 1;
    else if (line !== '') break;
  }
  return end;
}

/** Lines of a section that is a request: what is material among them is taken out one by one. */
function placeLoose(lines: readonly string[], label: string, into: Separation): void {
  const loose: string[] = [];
  for (const line of lines) {
    if (isNotice(line)) continue;
    if (isMaterialLine(line) || markedBlock(line) !== null) {
      loose.push(line);
    } else if (line.length > LONG_PARAGRAPH) {
      const first = /^.{1,400}?(?:[.:!?]\s|$)/.exec(line)?.[0] ?? '';
      const asks = soundsLikeRequest(first);
      if (asks) into.request.push(first.trim());
      loose.push(asks ? line.slice(first.length) : line);
    } else {
      into.request.push(line);
    }
  }
  addMaterial(label, loose, into);
}

/** Headings, fences and blocks inside a material are materials of their own, named by both. */
function addMaterial(label: string, lines: readonly string[], into: Separation, depth = 0): void {
  let current = label;
  let body: string[] = [];
  const close = () => {
    if (body.some((line) => line.trim() !== '')) into.materials.push({ label: current, lines: body });
    body = [];
  };
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (isNotice(line)) continue;
    const heading = /^\s{0,3}#{1,6}\s+(.+)$/.exec(line)?.[1];
    const block = into.blocks[markedBlock(line) ?? -1];
    const fence = /^\s*(`{3,}|~{3,})/.exec(line)?.[1];
    const end = fence === undefined ? -1 : lines.findIndex((other, at) => at > index && other.trim() === fence);
    if (end > 0) {
      close();
      into.materials.push({ label: current, lines: lines.slice(index + 1, end), fenced: true });
      index = end;
    } else if (block !== undefined && depth < 8) {
      close();
      addBlock(block, joinLabels(current, cleanLabel(block.label)), into, depth);
    } else if (heading !== undefined) {
      close();
      current = joinLabels(label, cleanLabel(heading));
    } else {
      body.push(line);
    }
  }
  close();
}

function addBlock(block: Block, label: string, into: Separation, depth: number): void {
  const parsed = /^\s*[[{]/.test(block.body) ? parseJson(block.body.trim()) : undefined;
  if (parsed !== undefined) addMaterial(label, flattenJson(parsed), into, depth + 1);
  else if (block.kind === 'fence') into.materials.push({ label, lines: block.body.split('\n'), fenced: true });
  else addMaterial(label, block.body.split('\n'), into, depth + 1);
}

function joinLabels(outer: string, inner: string): string {
  if (outer === '' || inner === '' || outer === inner || outer.endsWith(`: ${inner}`))
    return outer === '' ? inner : outer;
  return `${outer}: ${inner}`;
}

function isMaterialLine(line: string): boolean {
  const text = line.trim();
  return text.startsWith('>') || /^_.+_$/.test(text) || isNotice(text) || readCitation(text) !== null;
}

function isTelling(line: string): boolean {
  const text = line.trim();
  if (/^(?:[-*+•]|\d+[.)])\s/.test(text) && !/[.!?]$/.test(text)) return false;
  return text.split(/\s+/).length >= 4 && !soundsLikeRequest(text.replace(/^(?:[-*+•]|\d+[.)])\s+/, ''));
}

export function cleanLabel(text: string): string {
  return text
    .replace(/^[\s#>*_-]+/, '')
    .replace(/[\s:*_]+$/, '')
    .trim();
}
