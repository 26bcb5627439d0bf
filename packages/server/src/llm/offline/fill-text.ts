// One text of a JSON answer: a path, an address or a date by its shape, a report as a whole, else the
// line that speaks most of what the property is called. Never text of the model's own.
import { type Schema, textOf } from './check-schema.ts';
import type { Property } from './describe-property.ts';
import type { Fact, Facts } from './facts.ts';
import { findPathInside, findValues, readCitation, type ValueKind } from './find-values.ts';
import { overlapShare } from './score-words.ts';
import { splitSentences } from './split-clauses.ts';
import { splitName } from './split-words.ts';

const MAX_TEXT = 100_000;
const REPORT_NAMES = /\b(?:report|markdown|body|document|answer|content|full text)\b/i;
const SUMMARY_NAMES = /\b(?:summary|overview|abstract|conclusion|tldr)\b/i;

/** Null when no line fits: the caller decides between null and an empty text. */
export function fillText(property: Property, schema: Schema, facts: Facts): string | null {
  const most = Math.min(MAX_TEXT, typeof schema.maxLength === 'number' ? schema.maxLength : MAX_TEXT);
  const fits = (text: string) =>
    text !== '' && text.length >= (Number(schema.minLength) || 0) && matchesPattern(text, schema);
  for (const text of candidates(property, schema, facts)) {
    const cut = text.slice(0, most);
    if (fits(cut)) return cut;
  }
  return null;
}

function* candidates(property: Property, schema: Schema, facts: Facts): Generator<string> {
  const ranked = rankLines(property, facts);
  const kind = SHAPED[property.role];
  if (kind !== undefined) {
    yield* shapedValues(ranked, kind, schema);
    if (kind === 'url' && facts.lines.length === 1) yield* quotedTargets(ranked);
    return;
  }
  if (textOf(schema.pattern) !== '') yield* shapedValues(ranked, 'any', schema);
  if (isName(property)) yield* namesOf(ranked);
  if (facts.lines.length === 1) yield* partsOfLine(property, ranked);
  else yield* wholeTexts(property, facts);
  for (const { text } of ranked.slice(0, 20)) yield text.trim();
}

const SHAPED: Readonly<Partial<Record<Property['role'], ValueKind>>> = {
  path: 'path',
  url: 'url',
  date: 'date',
  email: 'email',
  reference: 'hash',
};

function* shapedValues(lines: readonly Fact[], kind: ValueKind | 'any', schema: Schema): Generator<string> {
  for (const { text } of lines.slice(0, 400)) {
    const path = kind === 'path' ? findPathInside(text)?.path : undefined;
    if (path !== undefined) yield path;
    if (kind === 'path') continue;
    const values = findValues(text.slice(0, 300)).filter((value) => kind === 'any' || value.kind === kind);
    for (const value of values) yield cutDate(value.text, schema);
  }
}

/** An address may also be told within the place that it is in: `link to `notes.md``. */
function* quotedTargets(lines: readonly Fact[]): Generator<string> {
  for (const { text } of lines) {
    const target = /[`"']([^`"'\s]+)[`"']/.exec(readCitation(text)?.rest ?? text)?.[1];
    if (target !== undefined) yield target;
  }
}

const PEOPLE = /\b(?:author|owner|user|person|creator|contributor|sender|assignee|customer|member)s?\b/i;

function isName(property: Property): boolean {
  const name = splitName(property.name).join(' ');
  return PEOPLE.test(name) || /\bname of\b/i.test(property.description) || /\bname$/.test(name);
}

/** `Ada Lovelace: 12 notes`: whom a line tells about stands before its colon. */
function* namesOf(lines: readonly Fact[]): Generator<string> {
  for (const { text } of lines.slice(0, 20)) {
    const name = /^([\p{L}][^:\n]{0,60}):\s/u.exec(text)?.[1];
    if (name !== undefined && readCitation(text) === null) yield name.trim();
  }
}

/** The report or the first lines, for properties that ask for a whole. */
function* wholeTexts(property: Property, facts: Facts): Generator<string> {
  const name = splitName(property.name).join(' ');
  const wantsReport = REPORT_NAMES.test(name) || (property.name === '' && facts.lines.length > 0);
  if (facts.report !== '' && wantsReport) yield facts.report;
  if (!SUMMARY_NAMES.test(name)) return;
  // Sentences sum up what stands around them.
  const told = facts.lines.filter(({ isSentence }) => isSentence === true).map(({ text }) => text);
  const sentences = [...new Set(splitSentences(told.join('\n')))].slice(0, 3);
  if (sentences.length > 0) yield sentences.join(' ');
  const cited = facts.lines.filter(({ text }) => readCitation(text) !== null);
  const opening = (cited.length > 0 ? cited : facts.lines).slice(0, 3).map(({ text }) => text);
  yield opening.join('\n');
  yield [...new Set(facts.failures ?? [])].join(' ');
}

function cutDate(text: string, schema: Schema): string {
  if (schema.format === 'date') return text.slice(0, 10);
  return schema.format === 'date-time' && text.length === 10 ? `${text}T00:00:00Z` : text;
}

/** `kind: value` pairs of one line first, then what stands after its citation. */
function* partsOfLine(property: Property, lines: readonly Fact[]): Generator<string> {
  const text = lines[0]?.text ?? '';
  const rest = readCitation(text)?.rest ?? '';
  const named = new RegExp(`\\b${property.name.replace(/[^\w]/g, '')}\\s*[:=]\\s*([^,;]+)`, 'i').exec(text)?.[1];
  if (property.name !== '' && named !== undefined) yield named.trim();
  if (rest !== '') yield rest;
}

function matchesPattern(text: string, schema: Schema): boolean {
  const pattern = textOf(schema.pattern);
  if (pattern === '' || pattern.length > 200) return true;
  try {
    return new RegExp(pattern, 'u').test(text.slice(0, 1_000));
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    throw error;
  }
}

function rankLines(property: Property, facts: Facts): readonly Fact[] {
  if (facts.lines.length <= 1) return facts.lines;
  const name = splitName(property.name).join(' ');
  return facts.lines
    .slice(0, 2_000)
    .map((fact, index) => {
      const speaks =
        overlapShare(name, `${fact.label} ${fact.text}`) +
        0.5 * overlapShare(property.description, `${fact.label} ${fact.text}`) -
        (fact.isSentence === true ? 0.3 : 0);
      return { fact, index, fit: speaks };
    })
    .toSorted((one, other) => other.fit - one.fit || one.index - other.index)
    .map(({ fact }) => fact);
}
